import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { decompressZstd } from '../bundle/zstd-frames.ts';
import { PaletteEdgeError } from '../errors.ts';
import { TarError } from '../io/tar-block.ts';

const magics = { gzip: [0x1f, 0x8b, 0x08], zstandard: [0x28, 0xb5, 0x2f, 0xfd] } as const;
const longestMagic = 4;

/**
 * What a layer decompresses to: it is gzip, Zstandard or neither, by how it begins. Media types are wrong at times, and runtimes go by the content, too.
 *
 * @param content of the layer
 * @throws TarError for what does not decompress, and what reading the content throws
 */
export async function* layerTar(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = content[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < longestMagic) {
      const next = await pieces.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    const whole = behind(head, pieces);
    if (beginsWith(head, magics.gzip)) yield* gunzipped(whole);
    else if (beginsWith(head, magics.zstandard)) yield* decompressed(whole);
    else yield* whole;
  } finally {
    await pieces.return?.();
  }
}

function beginsWith(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

async function* behind(
  head: Buffer,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

async function* gunzipped(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = createGunzip({ chunkSize: 256 * 1024 });
  // What the source throws, the decoder throws, too.
  pipeline(Readable.from(content, { objectMode: true, highWaterMark: 1 }), decoder, () => undefined);
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (error) {
    throw isOfZlib(error) ? new TarError('its gzip is damaged') : error;
  }
}

function isOfZlib(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

async function* decompressed(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* decompressZstd(content);
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'FRAME_DAMAGED')
      throw new TarError('its Zstandard is damaged');
    throw error;
  }
}
