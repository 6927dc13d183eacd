import { createHash } from 'node:crypto';

import type { BlobReader } from '../oci/blob-access.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { encodeFrameTable } from './frame-table.ts';
import type { Frame } from './frame-table.ts';
import { defaultFrameContent } from './plan-bundle.ts';
import type { BundlePlan } from './plan-bundle.ts';
import { blobHeader, encodeHead, paddingFor, tarEnd } from './tar-layout.ts';
import { compressFrame, frameCheck } from './zstd-frames.ts';

/** Where a bundle's bytes go. One write at a time, in order; a write must be done with the bytes when it resolves. */
export interface BundleSink {
  write(bytes: Uint8Array): Promise<void>;
}

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
  /** Told how many more bytes of the tar were taken in. */
  readonly onBytes?: (count: number) => void;
}

/** What was written. */
export interface WrittenBundle {
  /** Length in bytes. */
  readonly size: number;
  readonly sha256: Digest;
}

/** One less than libuv's thread pool has: the reading of blobs needs a thread, too. */
const defaultConcurrency = 3;

/**
 * Writes a bundle (docs/bundle-format.md) in one pass. Memory is bounded by concurrency and frame size, whatever the
 * bundle's size; the bytes depend on plan, blobs, level and frame size only.
 *
 * @throws whatever the blob reader and the sink throw; the sink then holds half a bundle
 */
export async function writeBundle(options: WriteBundleOptions, sink: BundleSink): Promise<WrittenBundle> {
  const { plan, compressionLevel, signal, concurrency = defaultConcurrency } = options;
  const output = new FrameOutput(sink);
  const head = encodeHead(plan.headEntries);
  await output.append(head.length, await compressFrame(head, compressionLevel));
  options.onBytes?.(head.length);

  const unwritten: Promise<void>[] = [];
  let last = Promise.resolve();
  let tarSize = head.length;
  try {
    for await (const content of cutIntoFrames(options, concurrency)) {
      signal.throwIfAborted();
      if (unwritten.length >= concurrency) await unwritten.shift();
      tarSize += content.length;
      last = appendAfter(last, output, {
        size: content.length,
        frame: compressFrame(content, compressionLevel),
      });
      unwritten.push(last);
    }
  } finally {
    // Nothing may go on behind the caller's back; the first failure is the one that is thrown.
    await Promise.allSettled(unwritten);
  }
  await last;
  if (tarSize !== plan.tarSize) throw new Error(`the tar has ${tarSize} bytes, planned were ${plan.tarSize}`);
  return await output.finish();
}

/** A frame that is being compressed; a failure waits for its turn. */
async function appendAfter(
  previous: Promise<void>,
  output: FrameOutput,
  next: { readonly size: number; readonly frame: Promise<Uint8Array> },
): Promise<void> {
  const [before, compressed] = await Promise.allSettled([previous, next.frame]);
  if (before.status === 'rejected') throw before.reason;
  if (compressed.status === 'rejected') throw compressed.reason;
  await output.append(next.size, compressed.value);
}

/**
 * Cuts the tar behind the head into frames' contents. Buffers are used again: the content of one turn is overwritten
 * `concurrency` + 1 turns later: so many are being compressed, and one is being filled.
 */
async function* cutIntoFrames(
  options: WriteBundleOptions,
  concurrency: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { frameContent = defaultFrameContent, onBytes } = options;
  const buffers = Array.from({ length: concurrency + 1 }, () => Buffer.allocUnsafeSlow(frameContent));
  let turn = 0;
  let filled = 0;
  for await (const bytes of tarBehindHead(options)) {
    let taken = 0;
    while (taken < bytes.length) {
      const buffer = buffers[turn % buffers.length] ?? Buffer.alloc(0);
      const part = bytes.subarray(taken, taken + frameContent - filled);
      buffer.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled < frameContent) continue;
      yield buffer;
      turn += 1;
      filled = 0;
    }
    onBytes?.(bytes.length);
  }
  const rest = buffers[turn % buffers.length]?.subarray(0, filled);
  if (rest !== undefined && rest.length > 0) yield rest;
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
  readonly #hash = createHash('sha256');
  readonly #frames: Omit<Frame, 'position'>[] = [];
  #size = 0;

  constructor(sink: BundleSink) {
    this.#sink = sink;
  }

  async append(contentSize: number, frame: Uint8Array): Promise<void> {
    this.#frames.push({ size: frame.length, contentSize, check: frameCheck(frame) });
    await this.#write(frame);
  }

  async finish(): Promise<WrittenBundle> {
    await this.#write(encodeFrameTable(this.#frames));
    return { size: this.#size, sha256: toDigest(this.#hash.digest('hex')) };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const written = this.#sink.write(bytes);
    this.#size += bytes.length;
    this.#hash.update(bytes);
    await written;
  }
}
