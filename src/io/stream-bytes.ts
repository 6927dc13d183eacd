/** Bytes that come one after the other, taken in the lengths that are needed. */
export class StreamBytes {
  readonly #source: AsyncIterator<Uint8Array>;
  #current: Uint8Array = new Uint8Array();
  #hasEnded = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /**
   * The next bytes; fewer only when the stream ends. The result is the caller's, who must have a limit for `length`: memory is
   * taken as bytes arrive, not before.
   */
  async take(length: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.pieces(length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The next bytes as they come, without copies; fewer only when the stream ends. */
  async *pieces(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = length;
    while (left > 0 && (await this.#fill())) {
      const piece = this.#current.subarray(0, left);
      this.#current = this.#current.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Whether there is nothing more. Waits until that is known. */
  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  /** Tells the stream that nobody reads on. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** @returns whether there are bytes */
  async #fill(): Promise<boolean> {
    while (this.#current.length === 0 && !this.#hasEnded) {
      const next = await this.#source.next();
      if (next.done === true) this.#hasEnded = true;
      else this.#current = next.value;
    }
    return this.#current.length > 0;
  }
}
