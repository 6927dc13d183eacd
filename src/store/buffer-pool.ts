/** Measured from 128 KiB to 1 MiB in a build: 128 KiB takes a tenth longer, more than this gains nothing and takes memory. */
export const bufferSize = 256 * 1024;

/**
 * Buffers that go from one blob to the next: left to the garbage collector, those of large images would pile up before it
 * sees a reason to run. Shared memory, which the thread that hashes reads where it is.
 */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** A buffer of at most {@link bufferSize}; its content is whatever it was. */
  take(size: number): Buffer {
    const kept = size === bufferSize ? this.#free.pop() : undefined;
    return kept ?? Buffer.from(new SharedArrayBuffer(size));
  }

  /** Takes a buffer back that nobody reads or writes any more. */
  give(buffer: Buffer): void {
    if (buffer.length === bufferSize) this.#free.push(buffer);
  }
}
