import { hashHere } from '../io/hash-thread.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { FrameOutput } from './frame-output.ts';
import type { BundleSink, WrittenBundle } from './sink-output.ts';
import { compressHere, ThreadedCompressor } from './frame-compressor.ts';
import type { CompressedFrame, FrameCompressor } from './frame-compressor.ts';
import { defaultFrameContent } from './plan-bundle.ts';
import { encodeHead } from './tar-layout.ts';
import type { HeadEntry } from './tar-layout.ts';
import { tarBehindHead } from './tar-behind-head.ts';
import type { TarSection } from './tar-behind-head.ts';
import { shortSection, writeLongFrames } from './write-long-frames.ts';
import type { LongFrameOptions } from './write-long-frames.ts';
import type { WrittenFrames } from './written-frames.ts';
import { frameBound } from './zstd-frame-structure.ts';
import { compressFrame, frameCheck } from './zstd-frames.ts';

/** What the tar of a bundle is: all of it but the blobs' bytes. */
export interface TarPlan {
  /** `blobs` in tar order; `longFrom`: how many come before those in long frames, all unless it is given. */
  readonly inventory: { readonly blobs: readonly BlobIdentity[]; readonly longFrom?: number };
  readonly headEntries: readonly HeadEntry[];
  readonly tarSize: number;
}

/** What is written, from where and how. */
export interface WriteBundleOptions {
  readonly plan: TarPlan;
  readonly blobs: BlobReader;
  /** zstd level, 1 to 19. */
  readonly compressionLevel: number;
  /** Frames compressed at the same time. Changes the speed, never the bytes. */
  readonly concurrency?: number;
  /** Bytes of tar in each frame behind the head. */
  readonly frameContent?: number;
  /** Needed for a plan with long frames. */
  readonly long?: LongFrameOptions;
  readonly signal: AbortSignal;
  /** Hashes the bundle. */
  readonly hasher?: Hasher;
  /** Told how many more bytes of the tar were taken in. */
  readonly onBytes?: (count: number) => void;
  /** What the file has of this very bundle already, when the sink is one: writing goes on behind it. */
  readonly written?: WrittenFrames | undefined;
}

/** Keeps the threads busy while one frame is filled and one is written. */
const defaultConcurrency = 4;
/** Content of frames that are compressed at a time, in bytes, unless it is that of one: a squeezed bundle says how the plain one was cut. */
const bytesAtOnce = 64 * 1024 * 1024;

/** Fewer bytes of tar are compressed before threads would be ready. */
const worthThreads = 16 * 1024 * 1024;

/**
 * Writes a bundle (docs/bundle-format.md) in one pass. Memory is bounded by concurrency and frame size, whatever the
 * bundle's size; the bytes depend on plan, blobs, level and frame size only.
 *
 * @throws whatever the blob reader and the sink throw; the sink then holds half a bundle
 */
export async function writeBundle(options: WriteBundleOptions, sink: BundleSink): Promise<WrittenBundle> {
  const { plan } = options;
  const output = new FrameOutput(sink, options.hasher ?? hashHere);
  const begun = await writeBeginning(options, output);
  await using compressor = plan.tarSize < worthThreads ? compressHere : new ThreadedCompressor();
  const short = begun + (await writeFrames(options, compressor, output));
  const tarSize = short + (await writeLongFrames(options, plan.tarSize - short, output));
  if (tarSize !== plan.tarSize) throw new Error(`the tar has ${tarSize} bytes, planned were ${plan.tarSize}`);
  return await output.finish();
}

/** @returns the bytes of tar in the head, or in all that was written before */
async function writeBeginning(
  { plan, compressionLevel, written, onBytes }: WriteBundleOptions,
  output: FrameOutput,
): Promise<number> {
  if (written !== undefined) {
    await output.goOn(written);
    return written.tarSize;
  }
  const head = encodeHead(plan.headEntries);
  const frame = compressFrame(head, compressionLevel);
  await output.append(head.length, frame, frameCheck(frame));
  onBytes?.(head.length);
  return head.length;
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
  const { compressionLevel: level, concurrency = usualConcurrency(options) } = options;
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

function usualConcurrency({ frameContent = defaultFrameContent }: WriteBundleOptions): number {
  return Math.max(1, Math.min(defaultConcurrency, Math.floor(bytesAtOnce / frameContent)));
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
  const { frameContent = defaultFrameContent, onBytes, written } = options;
  const memory = Array.from({ length: concurrency + 1 }, () => newFrameMemory(frameContent));
  const first = newFrameMemory(0);
  let turn = 0;
  let filled = beginFrame(memory[0] ?? first, written);
  for await (const bytes of tarBehindHead({ ...options, section: sectionToWrite(options) })) {
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

/** @returns how many bytes are in the frame already: the end of blobs that need not be read again */
function beginFrame({ content }: FrameMemory, written: WrittenFrames | undefined): number {
  if (written === undefined) return 0;
  content.set(written.begun);
  return written.begun.length;
}

function sectionToWrite({ plan, written }: WriteBundleOptions): TarSection {
  const section = shortSection(plan);
  return { ...section, blobs: section.blobs.slice(written?.blobs ?? 0) };
}

/** Shared between threads; touched, and so really there, only as far as it is used. */
function newFrameMemory(frameContent: number): FrameMemory {
  return {
    content: new Uint8Array(new SharedArrayBuffer(frameContent)),
    into: new Uint8Array(new SharedArrayBuffer(frameBound(frameContent))),
  };
}
