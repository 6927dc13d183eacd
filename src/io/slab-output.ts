/** Bytes that go out at a time. */
const slabSize = 1024 * 1024;

/**
 * Gathers small pieces, and hands them on in larger ones: in memory that threads share, so that nothing is copied on its way to them. While one
 * is on its way, the next is filled. Disposing waits for what is under way.
 */
export class SlabOutput implements AsyncDisposable {
  readonly #send: (slab: Uint8Array) => Promise<void>;
  readonly #slabs = [newSlab(), newSlab()] as const;
  #current: 0 | 1 = 0;
  #filled = 0;
  #sent: Promise<void> = Promise.resolve();

  /** @param send takes slabs one after the other, and is done with the bytes when it resolves */
  constructor(send: (slab: Uint8Array) => Promise<void>) {
    this.#send = send;
  }

  /** Takes bytes, which are free again when it resolves. @throws what sending throws, sooner or later */
  async add(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length;) {
      const piece = bytes.subarray(taken, taken + slabSize - this.#filled);
      this.#slabs[this.#current].set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === slabSize) await this.#next();
    }
  }

  /** Sends the rest and waits until all is sent. */
  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#next();
    await this.#sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#sent]);
  }

  async #next(): Promise<void> {
    const slab = this.#slabs[this.#current].subarray(0, this.#filled);
    await this.#sent;
    this.#sent = this.#send(slab);
    // It is told when the next one is to be sent, or in the end.
    this.#sent.catch(() => undefined);
    this.#current = this.#current === 0 ? 1 : 0;
    this.#filled = 0;
  }
}

function newSlab(): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(slabSize));
}
