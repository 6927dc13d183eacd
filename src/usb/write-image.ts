import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { chunkSize } from './open-drive.ts';
import type { WritableDrive } from './open-drive.ts';

/** Told how the image comes onto the drive; must not throw. */
export interface WriteListener {
  /** Every byte is written, then read back: so many each. From the first call on nothing of what was on the drive is left. */
  readonly onStart: (phase: 'write' | 'verify', bytes: number) => void;
  readonly onBytes: (count: number) => void;
}

/** What was written, and read back the same. */
export interface WrittenImage {
  readonly bytes: number;
  /** Of the image, in hex. */
  readonly sha256: string;
}

/** What is known of the image beforehand. */
interface ExpectedImage {
  /** In hex. */
  readonly sha256: string;
  /** Who says so, for messages. */
  readonly source: string;
}

/** What writing works with. */
export interface WriteContext {
  readonly listener: WriteListener;
  readonly signal: AbortSignal;
  /** Undefined when nobody says what the image has to be. */
  readonly expected?: ExpectedImage | undefined;
}

/** At the end of a drive a backup of its partition table stands in 33 sectors, and marks of arrays and file systems near it. */
const tailSize = 1024 * 1024;

/**
 * Writes an image to a drive and reads it back. The beginning of the drive, by which everybody recognises what is on it, is
 * wiped first and written last, when all the rest has been read back: a drive that looks like the image is the image, whenever
 * this ended. The last MiB of a larger drive is wiped, too.
 *
 * The beginning has to be empty until then: drives that pretend to be larger than they are write over it.
 *
 * @throws PaletteEdgeError `DRIVE_DIFFERS` (kind content) with the first place that does; `CHECKSUM_MISMATCH` (kind content) for an image
 *   that is not the expected one; those of the image and of the drive; the reason of the signal
 */
export async function writeImage(
  image: RandomAccess,
  drive: WritableDrive,
  { listener, signal, expected }: WriteContext,
): Promise<WrittenImage> {
  signal.throwIfAborted();
  listener.onStart('write', image.size);
  const head = await image.read(0, Math.min(chunkSize, image.size));
  await wipe(image, drive);
  const context = { image, drive, head, listener, signal };
  const digests = await writeRest(context);
  await drive.flush();
  const sha256 = digests.at(-1) ?? '';
  if (expected !== undefined && expected.sha256 !== sha256) throw notExpected(expected, sha256, drive.path);
  listener.onStart('verify', image.size);
  await readRestBack(context, digests);
  await writeHead(context);
  return { bytes: image.size, sha256 };
}

interface Writing {
  readonly image: RandomAccess;
  readonly drive: WritableDrive;
  /** The first chunk of the image. */
  readonly head: Uint8Array;
  readonly listener: WriteListener;
  readonly signal: AbortSignal;
}

async function wipe(image: RandomAccess, drive: WritableDrive): Promise<void> {
  const { size, sectorSize } = drive;
  await drive.write(0, new Uint8Array(Math.min(chunkSize, size)));
  const imageEnd = Math.ceil(image.size / sectorSize) * sectorSize;
  const tail = Math.max(imageEnd, size - tailSize);
  if (tail < size) await drive.write(tail, new Uint8Array(size - tail));
  await drive.flush();
}

/** All but the first chunk. Gives the digest of everything up to the end of each chunk, that of the image last. */
async function writeRest({ image, drive, head, listener, signal }: Writing): Promise<readonly string[]> {
  const hash = createHash('sha256').update(head);
  const digests = [digestSoFar(hash)];
  let writing: Promise<void> = Promise.resolve();
  let written = head.length;
  for (const { position, length } of chunksOf(image.size).slice(1)) {
    // The next chunk is read while this one is written.
    const [bytes] = await Promise.all([image.read(position, length), writing]);
    signal.throwIfAborted();
    listener.onBytes(written);
    hash.update(bytes);
    digests.push(digestSoFar(hash));
    writing = drive.write(position, bytes);
    written = length;
  }
  await writing;
  listener.onBytes(written);
  return digests;
}

async function readRestBack(context: Writing, digests: readonly string[]): Promise<void> {
  const { image, drive, head, listener, signal } = context;
  const hash = createHash('sha256').update(head);
  for (const [index, { position, length }] of chunksOf(image.size).entries()) {
    signal.throwIfAborted();
    const bytes = await drive.read(position, length);
    const isSame = index === 0 ? isEmpty(bytes) : digestSoFar(hash.update(bytes)) === digests[index];
    if (!isSame) throw differs(drive.path, position, length);
    if (index > 0) listener.onBytes(length);
  }
}

function isEmpty(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, new Uint8Array(bytes.length)) === 0;
}

async function writeHead({ drive, head, listener, signal }: Writing): Promise<void> {
  signal.throwIfAborted();
  try {
    await drive.write(0, head);
    await drive.flush();
    const bytes = await drive.read(0, head.length);
    if (Buffer.compare(bytes, head) !== 0) throw differs(drive.path, 0, head.length);
  } catch (error) {
    // What can be done is done; why it went wrong is what matters.
    await drive.write(0, new Uint8Array(head.length)).catch(() => undefined);
    throw error;
  }
  listener.onBytes(head.length);
}

interface Chunk {
  readonly position: number;
  readonly length: number;
}

function chunksOf(size: number): Chunk[] {
  return Array.from({ length: Math.ceil(size / chunkSize) }, (_, index) => {
    const position = index * chunkSize;
    return { position, length: Math.min(chunkSize, size - position) };
  });
}

function digestSoFar(hash: Hash): string {
  return hash.copy().digest('hex');
}

function notExpected({ sha256, source }: ExpectedImage, received: string, path: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'CHECKSUM_MISMATCH',
    `the image is not what ${source} says: expected the sha256 ${sha256}, received ${received}`,
    {
      kind: 'content',
      suggestions: [
        `Copy the image again from where it was made, and write it again: ${path} is left looking empty.`,
        `If ${source} belongs to another image, remove it.`,
      ],
    },
  );
}

function differs(path: string, position: number, length: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'DRIVE_DIFFERS',
    `reading back from ${path} gave something else than was written, between bytes ${position} and ${position + length - 1}`,
    {
      kind: 'content',
      suggestions: [
        'Use another drive: this one loses data, or is smaller than it says. Its beginning is left empty, so that nobody takes it for good.',
      ],
    },
  );
}
