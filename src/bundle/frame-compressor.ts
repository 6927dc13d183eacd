import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { compressFrame, frameCheck } from './zstd-frames.ts';

/** Content to compress, and where the frame goes. Both are shared memory, so that nothing is copied between threads. */
export interface FrameJob {
  readonly content: Uint8Array;
  /** At least `frameBound` of the content's length. */
  readonly into: Uint8Array;
  readonly level: number;
}

/** A frame at the beginning of the memory that was given for it. */
export interface CompressedFrame {
  readonly size: number;
  /** CRC-32 of its bytes. */
  readonly check: number;
}

/** What a thread answers. */
export type FrameAnswer =
  | ({ readonly outcome: 'compressed' } & CompressedFrame)
  | { readonly outcome: 'failed'; readonly reason: string };

/** Compresses frames, somewhere. */
export interface FrameCompressor extends AsyncDisposable {
  /** Content and target must be left alone until the promise settles. */
  compress(job: FrameJob): Promise<CompressedFrame>;
}

/** Compresses a frame into its place. */
export function compressInto({ content, into, level }: FrameJob): CompressedFrame {
  const frame = compressFrame(content, level);
  into.set(frame);
  const compressed = { size: frame.length, check: frameCheck(frame) };
  // Gives its memory back now: the garbage collector sees a small object and takes its time. Not that of small content: its
  // frame is a part of Node's pool, which cannot be given back, and whose length is not the same in all versions.
  const { buffer } = frame;
  if (buffer instanceof ArrayBuffer && content.length > Buffer.poolSize) buffer.transfer(0);
  return compressed;
}

/** Compresses in the thread that asks: for so few frames that starting others would take longer. */
export const compressHere: FrameCompressor = {
  compress: async (job) => await Promise.resolve(compressInto(job)),
  [Symbol.asyncDispose]: async () => await Promise.resolve(),
};

/** More gain nothing: hashing and writing what comes out takes one thread, and cannot be divided. */
const mostThreads = 4;

/**
 * Large buffers that live for one frame, and few objects: with a small heap giving them back costs next to nothing, which it
 * does in a thread with a large one.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

/** Compresses in threads of its own, as many as there are processors. Jobs go to the thread with the fewest. */
export class ThreadedCompressor implements FrameCompressor {
  readonly #threads: CompressorThread[];

  constructor(threads: number = Math.min(mostThreads, availableParallelism())) {
    this.#threads = Array.from({ length: threads }, () => new CompressorThread());
  }

  async compress(job: FrameJob): Promise<CompressedFrame> {
    const [first, ...rest] = this.#threads;
    if (first === undefined) throw new TypeError('there is no thread');
    const idlest = rest.reduce((best, thread) => (thread.load < best.load ? thread : best), first);
    return await idlest.compress(job);
  }

  /** Ends the threads; jobs under way fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map(async (thread) => await thread.end()));
  }
}

/** One thread and the jobs it was sent, which it answers in turn. */
class CompressorThread {
  readonly #worker: Worker;
  readonly #waiting: PromiseWithResolvers<CompressedFrame>[] = [];
  #failure: Error | undefined;

  constructor() {
    this.#worker = new Worker(new URL('./compress-frame-worker.ts', import.meta.url), { resourceLimits });
    this.#worker.on('message', (answer: FrameAnswer) => this.#take(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('a compressing thread has ended')));
  }

  get load(): number {
    return this.#waiting.length;
  }

  async compress(job: FrameJob): Promise<CompressedFrame> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker.postMessage(job);
    // Not before it is sent: one that cannot be sent gets no answer, and would take that of the next one.
    const answer = Promise.withResolvers<CompressedFrame>();
    this.#waiting.push(answer);
    return await answer.promise;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(answer: FrameAnswer): void {
    const waiting = this.#waiting.shift();
    if (answer.outcome === 'compressed') waiting?.resolve({ size: answer.size, check: answer.check });
    else waiting?.reject(new Error(`compressing failed: ${answer.reason}`));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}
