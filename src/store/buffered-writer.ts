import type { FileHandle } from 'node:fs/promises';

import type { StreamHash } from '../io/hash-thread.ts';
import { writeAll } from '../io/write-all.ts';
import { bufferSize } from './buffer-pool.ts';
import type { BufferPool } from './buffer-pool.ts';

/** A slow connection fills a buffer in minutes; what it gave should not be lost when the process is killed. */
const longestWaitMs = 1000;

/** Where a writer begins in its file, how many bytes it will get at most, and what hashes them on their way. */
export interface WriterOptions {
  readonly position: number;
  readonly limit: number;
  readonly pool: BufferPool;
  readonly hash?: StreamHash;
}

/**
 * Appends to a file in few large writes, each under way while the next buffer is filled. After a failed write nothing more
 * is written: the file holds the beginning of what was appended, without holes.
 */
export class BufferedWriter {
  readonly #file: FileHandle;
  readonly #capacity: number;
  readonly #pool: BufferPool;
  readonly #hash: StreamHash | undefined;
  #buffer: Buffer;
  #spare: Buffer | undefined;
  #filled = 0;
  #position: number;
  #lastWrite = performance.now();
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, { position, limit, pool, hash }: WriterOptions) {
    this.#file = file;
    this.#hash = hash;
    this.#pool = pool;
    this.#position = position;
    this.#capacity = Math.max(1, Math.min(bufferSize, limit));
    this.#buffer = pool.take(this.#capacity);
  }

  /** Takes bytes; they are copied, so the caller may reuse its buffer. Throws when this or an earlier write failed. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length;) {
      const piece = bytes.subarray(taken, taken + this.#capacity - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === this.#capacity) await this.#startWrite();
    }
    if (performance.now() - this.#lastWrite >= longestWaitMs) await this.#startWrite();
  }

  /** Resolves when everything that was appended is written. */
  async flush(): Promise<void> {
    await this.#startWrite();
    await this.#writing;
  }

  /** Gives its buffers back once nothing is under way; it is of no use then. Never throws. */
  async end(): Promise<void> {
    await this.#writing.catch(() => undefined);
    for (const buffer of [this.#buffer, this.#spare]) if (buffer !== undefined) this.#pool.give(buffer);
    this.#spare = undefined;
    this.#buffer = Buffer.alloc(0);
  }

  async #startWrite(): Promise<void> {
    await this.#writing;
    if (this.#filled === 0) return;
    const full = this.#buffer.subarray(0, this.#filled);
    this.#writing = this.#write(full, this.#position);
    ignoreUntilAwaited(this.#writing);
    this.#position += full.length;
    this.#lastWrite = performance.now();
    const next = this.#spare ?? this.#pool.take(this.#capacity);
    this.#spare = this.#buffer;
    this.#buffer = next;
    this.#filled = 0;
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    const file = this.#file;
    await (this.#hash?.updateAndWrite(bytes, { file, position }) ?? writeAll(file, bytes, position));
  }
}

/** A failure surfaces at the next await of the promise; until then it is not an unhandled one. */
function ignoreUntilAwaited(promise: Promise<void>): void {
  promise.catch(() => undefined);
}
