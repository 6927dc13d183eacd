/** Measured from 64 KiB to 4 MiB: 64 KiB takes almost twice as long, more than this gains nothing. */
export const bufferSize = 1024 * 1024;

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
