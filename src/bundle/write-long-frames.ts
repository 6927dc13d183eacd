import { Buffer } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';

import { writeAll } from '../io/write-all.ts';
import type { FrameOutput } from './frame-output.ts';
import { readStretch, stretchesOf } from './section-stretches.ts';
import type { BlobStretch, Stretch } from './section-stretches.ts';
import type { SpilledStretch } from './shared-blob.ts';
import { SharedBlobs } from './shared-blobs.ts';
import type { TarSection } from './tar-behind-head.ts';
import type { WriteBundleOptions } from './write-bundle.ts';
import { compressLongFrame, decompressLongFrame, frameCheck, longPiece } from './zstd-frames.ts';

/** How long frames are written. */
export interface LongFrameOptions {
  /** zstd level, 1 to 22. */
  readonly level: number;
  /** Bytes of tar in each frame but the last. */
  readonly frameContent: number;
  /** Frames compressed at the same time. Changes the speed, never the bytes. Each takes 128 MiB and the tables of its level. */
  readonly concurrency: number;
  /**
   * Makes an empty file, for reading and writing, that is gone when it is closed: frames wait there for those before them, and what goes
   * into them of blobs that are larger than one.
   */
  readonly createSpill: () => Promise<FileHandle>;
}

/** The blobs of a plan that are in frames of the usual kind. */
export function shortSection({
  inventory: { blobs, longFrom = blobs.length },
}: WriteBundleOptions['plan']): TarSection {
  return { blobs: blobs.slice(0, longFrom), isLast: longFrom === blobs.length };
}

/** A frame in a file of its own. */
interface SpilledFrame {
  readonly file: FileHandle;
  readonly size: number;
  readonly check: number;
}

/**
 * Writes the rest of the tar into long frames.
 *
 * @param size of the rest, in bytes: 0 when there is none
 * @returns the bytes of tar that went into them
 */
export async function writeLongFrames(
  options: WriteBundleOptions,
  size: number,
  output: FrameOutput,
): Promise<number> {
  const { plan, long } = options;
  if (shortSection(plan).isLast) return 0;
  if (long === undefined) throw new TypeError('nobody says how long frames are written');
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  await using shared = new SharedBlobs({ ...long, blobs: options.blobs, signal });
  const writer = { ...options, long, signal, shared };
  const coming: { readonly contentSize: number; readonly frame: Promise<SpilledFrame> }[] = [];
  let begun = 0;
  let written = 0;
  try {
    while (written < size) {
      while (begun < size && coming.length < long.concurrency) {
        const contentSize = Math.min(long.frameContent, size - begun);
        const frame = spillFrame(writer, { start: begun, end: begun + contentSize });
        // Whoever waits for it gets the failure, and nobody may.
        frame.catch((error: unknown) => failed.abort(error));
        coming.push({ contentSize, frame });
        begun += contentSize;
      }
      const next = coming.shift();
      if (next === undefined) break;
      await appendSpilled(output, await next.frame, next.contentSize);
      written += next.contentSize;
    }
  } finally {
    failed.abort();
    const left = await Promise.allSettled(coming.map(async ({ frame }) => await frame));
    for (const result of left) if (result.status === 'fulfilled') await result.value.file.close();
  }
  return written;
}

/** What a frame is written with. */
interface FrameWriter extends WriteBundleOptions {
  readonly long: LongFrameOptions;
  readonly shared: SharedBlobs;
}

/** Frames have to be begun in order: their shares of blobs are taken at once. */
async function spillFrame(writer: FrameWriter, range: Stretch): Promise<SpilledFrame> {
  const { plan, shared } = writer;
  const section = { blobs: plan.inventory.blobs.slice(plan.inventory.longFrom), isLast: true };
  const stretches = [...stretchesOf(section, range)];
  const taken = new Map<BlobStretch, Promise<SpilledStretch>>();
  for (const stretch of stretches) {
    if (stretch instanceof Uint8Array || !shared.isShared(stretch.blob)) continue;
    const spilled = shared.take(stretch);
    // Whoever waits for it gets the failure, and nobody may.
    spilled.catch(() => undefined);
    taken.set(stretch, spilled);
  }
  try {
    return await compressIntoFile(writer, contentOf(writer, stretches, taken), range.end - range.start);
  } finally {
    const settled = await Promise.allSettled(taken.values());
    for (const result of settled) if (result.status === 'fulfilled') await result.value.file.close();
  }
}

async function* contentOf(
  { blobs, signal }: FrameWriter,
  stretches: readonly (Uint8Array | BlobStretch)[],
  taken: ReadonlyMap<BlobStretch, Promise<SpilledStretch>>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const stretch of stretches) {
    signal.throwIfAborted();
    if (stretch instanceof Uint8Array) {
      yield stretch;
      continue;
    }
    const spilled = await taken.get(stretch);
    yield* spilled === undefined ? readStretch(blobs, stretch, signal) : spilledBytes(spilled);
  }
}

async function compressIntoFile(
  { long, signal, onBytes }: FrameWriter,
  content: AsyncIterable<Uint8Array>,
  contentSize: number,
): Promise<SpilledFrame> {
  const file = await long.createSpill();
  try {
    let size = 0;
    let check = 0;
    for await (const piece of compressLongFrame(equalPieces(content, onBytes), contentSize, long.level)) {
      signal.throwIfAborted();
      check = frameCheck(piece, check);
      await writeAll(file, piece, size);
      size += piece.length;
    }
    await checkSpilled({ file, size, check }, contentSize);
    return { file, size, check };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** zstd's own checksum of the content is in the frame: what can be decompressed is what was compressed. */
async function checkSpilled(frame: SpilledFrame, contentSize: number): Promise<void> {
  let size = 0;
  for await (const piece of decompressLongFrame(spilledBytes(frame), contentSize)) size += piece.length;
  if (size !== contentSize) throw new Error(`zstd gave a frame of ${size} bytes, not of ${contentSize}`);
}

async function appendSpilled(output: FrameOutput, frame: SpilledFrame, contentSize: number): Promise<void> {
  const { size, check } = frame;
  try {
    await output.appendPieces({ size, contentSize, check }, spilledBytes(frame));
  } finally {
    await frame.file.close();
  }
}

async function* spilledBytes({ file, size }: SpilledStretch): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = 0; position < size;) {
    const piece = Buffer.allocUnsafeSlow(Math.min(longPiece, size - position));
    const { bytesRead } = await file.read(piece, 0, piece.length, position);
    if (bytesRead === 0) throw new Error('a file of our own has become shorter');
    position += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

/** Cuts content into pieces of one size, each in memory of its own: zstd's output depends on them. */
async function* equalPieces(
  content: AsyncIterable<Uint8Array>,
  onBytes: ((count: number) => void) | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = Buffer.allocUnsafeSlow(longPiece);
  let filled = 0;
  for await (const bytes of content) {
    for (let taken = 0; taken < bytes.length;) {
      const part = bytes.subarray(taken, taken + longPiece - filled);
      piece.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled < longPiece) continue;
      yield piece;
      piece = Buffer.allocUnsafeSlow(longPiece);
      filled = 0;
    }
    onBytes?.(bytes.length);
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
