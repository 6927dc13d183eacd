import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { encodeTarHeader, tarPadding } from '../../src/io/tar-header.ts';
import { noise } from '../../test/support/sample-bundle.ts';
import { seededRandom } from '../../test/soak/seeded-random.ts';
import { wordyText } from '../../test/support/squeezable-bundle.ts';
import { fileDigest } from '../pull/debian-layers.ts';
import type { BuiltLayer } from '../pull/debian-layers.ts';

/** How large a layer is made. */
export interface LargeLayerOptions {
  /** Bytes of its tar, about. */
  readonly bytes: number;
  /** Of zlib. */
  readonly level: number;
}

/** Bytes of one file, about. */
const fileBytes = 256 * 1024;
/** What files are made of: text, and what does not shrink. */
const words = wordyText(3 * 1024 * 1024, 1);
const binary = noise(1024 * 1024, 2);
/** Of the files of version 1, what is another one in version 2. */
const changedShare = 0.03;

/**
 * Writes one version of a large layer into a folder of blobs by digest: some thousand files. In version 2 some are changed in places, as
 * programs are that were built again.
 */
export async function largeLayer(
  blobs: string,
  version: 1 | 2,
  { bytes, level }: LargeLayerOptions,
): Promise<BuiltLayer> {
  await mkdir(blobs, { recursive: true });
  const path = join(blobs, `large-${version}.partial`);
  const diffId = createHash('sha256');
  try {
    const tar = hashed(largeTar(version, bytes), diffId);
    await pipeline(tar, createGzip({ level }), createWriteStream(path));
    const digest = await fileDigest(path);
    const { size } = await stat(path);
    await rename(path, join(blobs, digest));
    return { digest, size, diffId: `sha256:${diffId.digest('hex')}` };
  } finally {
    await rm(path, { force: true });
  }
}

/** Bytes of what a gzip layer decompresses to, as far as its last four bytes tell (RFC 1952, section 2.3.1): less than 4 GiB. */
export async function plainSize(path: string): Promise<number> {
  const { size } = await stat(path);
  const end: Buffer[] = [];
  for await (const piece of createReadStream(path, { start: size - 4 })) end.push(Buffer.from(piece));
  return Buffer.concat(end).readUInt32LE();
}

async function* hashed(
  pieces: Iterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer, void, undefined> {
  for (const piece of pieces) {
    hash.update(piece);
    yield await Promise.resolve(piece);
  }
}

function* largeTar(version: 1 | 2, bytes: number): Generator<Buffer, void, undefined> {
  const chosen = seededRandom(7);
  for (let index = 0; index * fileBytes < bytes; index += 1) {
    const isChanged = chosen.chance(changedShare) && version === 2;
    const content = isChanged ? rebuilt(fileContent(index), index) : fileContent(index);
    yield encodeTarHeader({ name: `usr/lib/large/${index % 64}/file-${index}`, size: content.length });
    yield content;
    yield Buffer.alloc(tarPadding(content.length));
  }
  yield Buffer.alloc(1024);
}

/** Pieces of text and of noise from anywhere: gzip sees few of them twice. */
function fileContent(index: number): Buffer {
  const random = seededRandom(index + 1000);
  const pieces: Buffer[] = [];
  const size = random.integer(fileBytes / 2, (fileBytes * 3) / 2);
  for (let length = 0; length < size;) {
    const from = random.chance(0.8) ? words : binary;
    const piece = from.subarray(random.integer(0, from.length - 2000)).subarray(0, random.integer(100, 2000));
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.concat(pieces);
}

/** Another address here and there, and some lines more. */
function rebuilt(content: Buffer, index: number): Buffer {
  const random = seededRandom(index + 9000);
  const changed = Buffer.from(content);
  for (let count = 0; count < 200; count += 1)
    changed[random.integer(0, changed.length - 1)] = random.integer(0, 255);
  const at = random.integer(0, changed.length);
  return Buffer.concat([
    changed.subarray(0, at),
    noise(random.integer(1, 3000), index),
    changed.subarray(at),
  ]);
}
