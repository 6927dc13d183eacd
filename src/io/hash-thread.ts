import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import { writeAll } from './write-all.ts';

/** A sha256 that is being computed. */
export interface StreamHash {
  /** Takes more bytes, which must be left alone until the promise settles. */
  update(bytes: Uint8Array): Promise<void>;
  /**
   * As {@link update}, and puts the bytes into a file: a piece that was just hashed is in the processor's cache, and writing it
   * costs a fraction of what it costs any other thread.
   *
   * @throws the system's error when they cannot be written; the stream is of no use then
   */
  updateAndWrite(bytes: Uint8Array, place: FilePlace): Promise<void>;
  /** The digest of everything so far, in hex. Nothing can follow. */
  digest(): Promise<string>;
}

/** Where in an open file bytes go, which must stay open meanwhile. */
interface FilePlace {
  readonly file: FileHandle;
  readonly position: number;
}

/** Computes hashes, somewhere. */
export interface Hasher {
  begin(): StreamHash;
}

/** What the thread is asked. */
export interface HashRequest {
  readonly stream: number;
  /** Absent in the last request of a stream: then the digest is wanted. */
  readonly bytes?: Uint8Array;
  /** Where the bytes are written, too. */
  readonly place?: { readonly fd: number; readonly position: number };
}

/** What the thread answers to each request, in turn; with the digest to the last one of a stream. */
export interface HashAnswer {
  readonly hex?: string;
  /** Why the bytes could not be written: what is left of a system error on its way between threads. */
  readonly failure?: { readonly message: string; readonly code: string };
}

/** Hashes in the thread that asks. */
export const hashHere: Hasher = {
  begin: () => {
    const hash = createHash('sha256');
    return {
      update: async (bytes) => await Promise.resolve(void hash.update(bytes)),
      updateAndWrite: async (bytes, { file, position }) => {
        hash.update(bytes);
        await writeAll(file, bytes, position);
      },
      digest: async () => await Promise.resolve(hash.digest('hex')),
    };
  },
};

/** It holds next to nothing. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

/**
 * Hashes in a thread of its own, which it starts when it is first needed: hashing is most of what a build computes, and would
 * hold up everything else. Bytes in shared memory are read where they are; others are copied on their way.
 */
export class HashThread implements Hasher, AsyncDisposable {
  readonly #waiting: PromiseWithResolvers<HashAnswer>[] = [];
  #worker: Worker | undefined;
  #failure: Error | undefined;
  #streams = 0;

  begin(): StreamHash {
    this.#streams += 1;
    const stream = this.#streams;
    return {
      update: async (bytes) => void (await this.#ask({ stream, bytes })),
      updateAndWrite: async (bytes, { file, position }) => {
        const { failure } = await this.#ask({ stream, bytes, place: { fd: file.fd, position } });
        if (failure !== undefined) throw Object.assign(new Error(failure.message), { code: failure.code });
      },
      digest: async () => {
        const { hex } = await this.#ask({ stream });
        if (hex === undefined) throw new TypeError('the hashing thread answered without a digest');
        return hex;
      },
    };
  }

  /** Ends the thread; what is under way fails, and so does what is asked from now on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error('the hashing thread has ended'));
    await this.#worker?.terminate();
  }

  async #ask(request: HashRequest): Promise<HashAnswer> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
    // Not before it is sent: one that cannot be sent gets no answer, and would take that of the next one.
    const answer = Promise.withResolvers<HashAnswer>();
    this.#waiting.push(answer);
    return await answer.promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./hash-thread-worker.ts', import.meta.url), { resourceLimits });
    worker.on('message', (answer: HashAnswer) => this.#waiting.shift()?.resolve(answer));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the hashing thread has ended')));
    return worker;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}
