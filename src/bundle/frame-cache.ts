/** Bytes of decompressed frames that are kept for the next read: manifests lie side by side. */
const usualLimit = 32 * 1024 * 1024;

interface KeptFrame {
  readonly content: Promise<Uint8Array>;
  readonly size: number;
}

/** Decompressed frames of any number of bundles: those that were used last, up to a number of bytes for all together. */
export class FrameCache {
  readonly #limit: number;
  /** The one that was used last is the last one. */
  readonly #frames = new Map<string, KeptFrame>();
  #bytes = 0;
  #members = 0;

  /** @param limit in bytes; a single frame that is larger is kept all the same, alone */
  constructor(limit: number = usualLimit) {
    this.#limit = limit;
  }

  /** Bytes of all frames that are kept, and of those that are on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns what tells the frames of one more bundle from those of the others */
  join(): number {
    this.#members += 1;
    return this.#members;
  }

  /**
   * A frame that is kept, or else one that is read now, and then kept. A failure is not.
   *
   * Not async: the very promise whose failure is taken care of must be handed out, not one that follows it.
   *
   * @param key of one frame of one bundle
   * @param size bytes that it decompresses to
   */
  frame(key: string, size: number, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#frames.get(key);
    if (known !== undefined) {
      this.#frames.delete(key);
      this.#frames.set(key, known);
      return known.content;
    }
    const content = read();
    const kept = { content, size };
    this.#frames.set(key, kept);
    this.#bytes += size;
    // Read ahead, so perhaps nobody waits for it yet; whoever comes to it gets the error.
    content.catch(() => {
      if (this.#frames.get(key) === kept) this.#forget(key, kept);
    });
    this.#forgetOldest();
    return content;
  }

  #forgetOldest(): void {
    for (const [key, kept] of this.#frames) {
      if (this.#bytes <= this.#limit || this.#frames.size === 1) return;
      this.#forget(key, kept);
    }
  }

  #forget(key: string, { size }: KeptFrame): void {
    this.#frames.delete(key);
    this.#bytes -= size;
  }
}
