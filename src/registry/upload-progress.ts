/** Who is told how an upload goes on. */
export interface UploadListener {
  /** Told of bytes as they are sent; less than nothing for those that were sent in vain. */
  readonly onBytes?: ((count: number) => void) | undefined;
  /**
   * Told of bytes that an earlier run sent, and that need not be sent again; less than nothing for those that are, after all. `onBytes` is
   * when this is undefined.
   */
  readonly onKept?: ((count: number) => void) | undefined;
}

/** Counts the bytes of one upload. */
export class UploadProgress {
  readonly #listener: UploadListener;
  #sent = 0;
  /** Those of the blob that are there, as far as is known, and was told. */
  #told = 0;
  /** What an earlier run sent of them. */
  #kept = 0;

  constructor(listener: UploadListener) {
    this.#listener = listener;
  }

  /** All bytes that were sent, in vain as well. */
  get sent(): number {
    return this.#sent;
  }

  /** Bytes of the blob that are there, as far as is known. */
  get there(): number {
    return this.#told;
  }

  /** An earlier run sent so many bytes of the blob. */
  begunAt(count: number): void {
    this.#kept = count;
    this.#told = count;
    this.#tellKept(count);
  }

  /** So many more bytes were sent. */
  advance(count: number): void {
    this.#sent += count;
    this.at(this.#told + count);
  }

  /** So many bytes of the blob are there. */
  at(count: number): void {
    const lost = Math.max(0, this.#kept - count);
    this.#kept -= lost;
    this.#tellKept(-lost);
    const change = count - this.#told + lost;
    if (change !== 0) this.#listener.onBytes?.(change);
    this.#told = count;
  }

  #tellKept(count: number): void {
    const { onBytes, onKept = onBytes } = this.#listener;
    if (count !== 0) onKept?.(count);
  }
}
