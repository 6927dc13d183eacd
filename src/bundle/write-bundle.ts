import type { FileHandle } from 'node:fs/promises';

import { allEnded } from '../io/all-ended.ts';
import { hashHere } from '../io/hash-thread.ts';
import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { encodeFrameTable } from './frame-table.ts';
import type { Frame } from './frame-table.ts';
import { compressHere, ThreadedCompressor } from './frame-compressor.ts';
import type { CompressedFrame, FrameCompressor } from './frame-compressor.ts';
import { defaultFrameContent } from './plan-bundle.ts';
import type { BundlePlan } from './plan-bundle.ts';
import { blobHeader, encodeHead, paddingFor, tarEnd } from './tar-layout.ts';
import { compressFrame, frameBound, frameCheck } from './zstd-frames.ts';

/**
 * Where a bundle's bytes go: an empty file; anything that takes one write at a time, in order, and is done with the bytes when
 * it resolves; or anything that takes bytes in the order of the calls, and puts them into the bundle's hash too.
 */
export type BundleSink =
  | { readonly file: FileHandle }
  | { write(bytes: Uint8Array): Promise<void> }
  | { append(bytes: Uint8Array, whole: StreamHash): Promise<void> };

/** What is written, from where and how. */
export interface WriteBundleOptions {
  readonly plan: BundlePlan;
  readonly blobs: BlobReader;
  /** zstd level, 1 to 19. */
  readonly compressionLevel: number;
  /** Frames compressed at the same time. Changes the speed, never the bytes. */
  readonly concurrency?: number;
  /** Bytes of tar in each frame behind the head. */
  readonly frameContent?: number;
  readonly signal: AbortSignal;
  /** Hashes the bundle. */
  readonly hasher?: Hasher;
  /** Told how many more bytes of the tar were taken in. */
  readonly onBytes?: (count: number) => void;
}

/** What was written. */
export interface WrittenBundle {
  /** Length in bytes. */
  readonly size: number;
  readonly sha256: Digest;
}

/** Keeps the threads busy while one frame is filled and one is written. */
const defaultConcurrency = 4;

/** Fewer bytes of tar are compressed before threads would be ready. */
const worthThreads = 16 * 1024 * 1024;

/**
 * Writes a bundle (docs/bundle-format.md) in one pass. Memory is bounded by concurrency and frame size, whatever the
 * bundle's size; the bytes depend on plan, blobs, level and frame size only.
 *
 * @throws whatever the blob reader and the sink throw; the sink then holds half a bundle
 */
export async function writeBundle(options: WriteBundleOptions, sink: BundleSink): Promise<WrittenBundle> {
  const { plan, compressionLevel } = options;
  const output = new FrameOutput(sink, options.hasher ?? hashHere);
  const head = encodeHead(plan.headEntries);
  const frame = compressFrame(head, compressionLevel);
  await output.append(head.length, frame, frameCheck(frame));
  options.onBytes?.(head.length);
  await using compressor = plan.tarSize < worthThreads ? compressHere : new ThreadedCompressor();
  const tarSize = head.length + (await writeFrames(options, compressor, output));
  if (tarSize !== plan.tarSize) throw new Error(`the tar has ${tarSize} bytes, planned were ${plan.tarSize}`);
  return await output.finish();
}

/**
 * A frame that fails ends the reading at once, which may be waiting for a blob that is still on its way.
 *
 * @returns the bytes of tar that went into the frames
 */
async function writeFrames(
  options: WriteBundleOptions,
  compressor: FrameCompressor,
  output: FrameOutput,
): Promise<number> {
  const { compressionLevel: level, concurrency = defaultConcurrency } = options;
  const frameFailed = new AbortController();
  const signal = AbortSignal.any([options.signal, frameFailed.signal]);
  let first: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    first ??= { error };
    frameFailed.abort();
  };
  const unwritten: Promise<void>[] = [];
  let last: Promise<Appended> = Promise.resolve({ done: Promise.resolve() });
  let tarSize = 0;
  try {
    for await (const { content, into } of cutIntoFrames({ ...options, signal }, concurrency)) {
      signal.throwIfAborted();
      if (unwritten.length >= concurrency) await unwritten.shift();
      tarSize += content.length;
      const compressed = compressor.compress({ content, into, level });
      last = appendAfter(last, output, { size: content.length, into, compressed });
      const done = doneWith(last);
      done.catch(fail);
      unwritten.push(done);
    }
  } catch (error) {
    fail(error);
  }
  // Nothing may go on behind the caller's back; the first failure is the one that is thrown.
  await Promise.allSettled(unwritten);
  if (first !== undefined) throw first.error;
  return tarSize;
}

/** A frame that has been handed to the output; done when its memory is free again. */
interface Appended {
  readonly done: Promise<void>;
}

/** Hands a frame over as soon as it is compressed and the one before it was handed over. A failure waits for its turn. */
async function appendAfter(
  previous: Promise<Appended>,
  output: FrameOutput,
  next: { readonly size: number; readonly into: Uint8Array; readonly compressed: Promise<CompressedFrame> },
): Promise<Appended> {
  const [before, compressed] = await Promise.allSettled([previous, next.compressed]);
  if (before.status === 'rejected') throw before.reason;
  if (compressed.status === 'rejected') throw compressed.reason;
  const { size, check } = compressed.value;
  return { done: output.append(next.size, next.into.subarray(0, size), check) };
}

async function doneWith(appended: Promise<Appended>): Promise<void> {
  await (
    await appended
  ).done;
}

/** Memory of a frame: its content, and what it is compressed into. */
interface FrameMemory {
  readonly content: Uint8Array;
  readonly into: Uint8Array;
}

/**
 * Cuts the tar behind the head into frames' contents. Memory is used again: what is given in one turn is overwritten
 * `concurrency` + 1 turns later: so many are being compressed, and one is being filled.
 */
async function* cutIntoFrames(
  options: WriteBundleOptions,
  concurrency: number,
): AsyncGenerator<FrameMemory, void, undefined> {
  const { frameContent = defaultFrameContent, onBytes } = options;
  const memory = Array.from({ length: concurrency + 1 }, () => newFrameMemory(frameContent));
  const first = newFrameMemory(0);
  let turn = 0;
  let filled = 0;
  for await (const bytes of tarBehindHead(options)) {
    let taken = 0;
    while (taken < bytes.length) {
      const current = memory[turn % memory.length] ?? first;
      const part = bytes.subarray(taken, taken + frameContent - filled);
      current.content.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled < frameContent) continue;
      yield current;
      turn += 1;
      filled = 0;
    }
    onBytes?.(bytes.length);
  }
  const { content, into } = memory[turn % memory.length] ?? first;
  if (filled > 0) yield { content: content.subarray(0, filled), into };
}

/** Shared between threads; touched, and so really there, only as far as it is used. */
function newFrameMemory(frameContent: number): FrameMemory {
  return {
    content: new Uint8Array(new SharedArrayBuffer(frameContent)),
    into: new Uint8Array(new SharedArrayBuffer(frameBound(frameContent))),
  };
}

async function* tarBehindHead(options: WriteBundleOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { plan, blobs, signal } = options;
  for (const blob of plan.inventory.blobs) {
    signal.throwIfAborted();
    yield blobHeader(blob);
    // Everything is copied into the frames' buffers before more is asked for.
    yield* await blobs.open(blob, { signal, reusesBuffers: true });
    yield paddingFor(blob.size);
  }
  yield tarEnd();
}

/** The file so far: its frames, length and hash. */
class FrameOutput {
  readonly #sink: BundleSink;
  readonly #hash: StreamHash;
  readonly #frames: Omit<Frame, 'position'>[] = [];
  #written: Promise<void> = Promise.resolve();
  #size = 0;

  constructor(sink: BundleSink, hasher: Hasher) {
    this.#sink = sink;
    this.#hash = hasher.begin();
  }

  /** Frames are taken in the order of the calls; the promise settles when nobody reads this one any more. */
  async append(contentSize: number, frame: Uint8Array, check: number): Promise<void> {
    this.#frames.push({ size: frame.length, contentSize, check });
    await this.#write(frame);
  }

  async finish(): Promise<WrittenBundle> {
    await this.#write(encodeFrameTable(this.#frames));
    return { size: this.#size, sha256: toDigest(await this.#hash.digest()) };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const position = this.#size;
    this.#size += bytes.length;
    const sink = this.#sink;
    if ('file' in sink) {
      await this.#hash.updateAndWrite(bytes, { file: sink.file, position });
    } else if ('append' in sink) {
      await sink.append(bytes, this.#hash);
    } else {
      this.#written = writeAfter(this.#written, sink, bytes);
      await allEnded([this.#written, this.#hash.update(bytes)]);
    }
  }
}

/** The sink takes one piece at a time, and nothing after a failure. */
async function writeAfter(
  previous: Promise<void>,
  sink: Extract<BundleSink, { write: unknown }>,
  bytes: Uint8Array,
): Promise<void> {
  await previous;
  await sink.write(bytes);
}
