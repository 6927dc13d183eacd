import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { readHeldImage } from '../../src/bundle/image-content.ts';
import { StreamReader } from '../../src/bundle/stream-reader.ts';
import { verifyBundleBytes } from '../../src/bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { memoryAccess } from '../support/sample-bundle.ts';

/** How reading ended: with an error for the user, with problems that verifying told of, or well. */
interface HostileEnd {
  /** Of the error; `damaged` for problems, `whole` when there is nothing to tell. */
  readonly code: string;
  /** Everything that was told. */
  readonly message: string;
}

/** The ends of all ways to read a bundle. */
export interface HostileEnds {
  /** As a file: opened and verified. */
  readonly file: HostileEnd;
  /** Each image of the file, as `extract` and `push` read it. */
  readonly images: HostileEnd;
  /** As a stream, each blob in turn. */
  readonly stream: HostileEnd;
}

const whole: HostileEnd = { code: 'whole', message: '' };
const { signal } = new AbortController();

/**
 * Reads bytes in all ways in which bundles are read.
 *
 * @throws what is no error for a user: a bug
 */
export async function readHostile(bytes: Uint8Array): Promise<HostileEnds> {
  return {
    file: await endOf(async () => await verify(bytes)),
    images: await endOf(async () => await readImages(bytes)),
    stream: await endOf(async () => await readStream(bytes)),
  };
}

/** What would steer a terminal: everything but line breaks, that moves or turns around what is shown. */
const steering = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

/**
 * What all ways of reading refuse these bytes with, as `CODE: message`. When they are not of one mind, or what they say would steer a
 * terminal or fill it, it says so instead.
 */
export async function refusalOf(bytes: Uint8Array): Promise<string> {
  const ends = await readHostile(bytes);
  const codes = new Set(Object.values(ends).map(({ code }) => code));
  if (codes.size > 1) return `disagreement: ${JSON.stringify(ends).slice(0, 2000)}`;
  const { code, message } = ends.file;
  if (steering.test(message.replaceAll('\n', ''))) return `steering: ${JSON.stringify(message)}`;
  return message.length > 2000 ? `a message of ${message.length} characters` : `${code}: ${message}`;
}

async function verify(bytes: Uint8Array): Promise<HostileEnd> {
  const reader = await BundleReader.open(memoryAccess(bytes), 'hostile.tar.zst');
  const { problems } = await verifyBundleBytes(reader);
  const told = problems.map(({ path, message, images }) => [path, message, ...images].join(' '));
  return told.length === 0 ? whole : { code: 'damaged', message: told.join('\n') };
}

async function readImages(bytes: Uint8Array): Promise<HostileEnd> {
  const reader = await BundleReader.open(memoryAccess(bytes), 'hostile.tar.zst');
  for (const image of reader.inventory.images) await readHeldImage(reader, image, signal);
  return whole;
}

async function readStream(bytes: Uint8Array): Promise<HostileEnd> {
  const reader = await StreamReader.open(piecesOf(bytes), 'standard input');
  for await (const { content } of reader.blobs(() => true)) for await (const _ of content);
  await reader.finish();
  return whole;
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += 65_536)
    yield await Promise.resolve(bytes.subarray(start, start + 65_536));
}

async function endOf(read: () => Promise<HostileEnd>): Promise<HostileEnd> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    return { code: error.code, message: [error.message, ...error.suggestions].join('\n') };
  }
}
