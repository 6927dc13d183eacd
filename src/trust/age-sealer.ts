import { ageChunkSize, sealChunk } from './age-stream.ts';

/** Cuts what comes into chunks and encrypts them (https://c2sp.org/age#payload). */
export class AgeSealer {
  readonly #key: Uint8Array;
  readonly #chunk = Buffer.allocUnsafeSlow(ageChunkSize);
  #filled = 0;
  #index = 0;

  /** @param key of the payload, 32 bytes */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Takes bytes, which are free again when the iteration ends, and gives what follows in the file. */
  *add(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let taken = 0; taken < bytes.length;) {
      // Not before more has come: the last chunk is never empty.
      if (this.#filled === ageChunkSize) yield* this.#seal(false);
      const piece = bytes.subarray(taken, taken + ageChunkSize - this.#filled);
      this.#chunk.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
    }
  }

  /** Gives the last chunk. Nothing can follow. */
  *finish(): Generator<Uint8Array, void, undefined> {
    yield* this.#seal(true);
  }

  *#seal(isLast: boolean): Generator<Uint8Array, void, undefined> {
    const plain = this.#chunk.subarray(0, this.#filled);
    const sealed = sealChunk(this.#key, { index: this.#index, isLast }, plain);
    this.#index += 1;
    this.#filled = 0;
    yield* sealed;
  }
}
