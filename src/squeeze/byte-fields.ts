/** Largest number in a recipe: what a double holds exactly. */
const mostValue = Number.MAX_SAFE_INTEGER;

/** Collects numbers and bytes: the fields of a recipe, as docs/squeeze-recipe.md says. */
export class FieldWriter {
  #bytes = new Uint8Array(1024);
  #filled = 0;

  /** A whole number from 0 on: seven bits a byte, the lowest first, the eighth bit set in all but the last. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`not a number of a recipe: ${value}`);
    const place = this.#place(8);
    let rest = value;
    let at = place;
    while (rest > 127) {
      this.#bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[at++] = rest;
    this.#filled = at;
  }

  /** A whole number of either sign: 0, -1, 1, -2, … as 0, 1, 2, 3, … */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Their number, then the bytes. */
  sized(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  /** A text of ASCII, as {@link sized}. */
  text(text: string): void {
    this.sized(Buffer.from(text, 'latin1'));
  }

  raw(bytes: Uint8Array): void {
    // First the place: with it the bytes may be others.
    const place = this.#place(bytes.length);
    this.#bytes.set(bytes, place);
    this.#filled += bytes.length;
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#filled);
  }

  #place(size: number): number {
    const needed = this.#filled + size;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#filled));
      this.#bytes = larger;
    }
    return this.#filled;
  }
}

/** Reads what a {@link FieldWriter} wrote. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #refuse: (reason: string) => never;
  #at = 0;

  /** @param refuse throws the error for bytes that are not as they must be */
  constructor(bytes: Uint8Array, refuse: (reason: string) => never) {
    this.#bytes = bytes;
    this.#refuse = refuse;
  }

  /** Bytes that were not read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @param most refuses what is more: by default what a double does not hold exactly */
  number(most: number = mostValue): number {
    let value = 0;
    let unit = 1;
    for (let count = 0; count < 8; count += 1) {
      const byte = this.#bytes[this.#at] ?? this.#refuse('it ends in a number');
      this.#at += 1;
      value += (byte & 127) * unit;
      unit *= 128;
      if (byte > 127) continue;
      if (byte === 0 && count > 0) return this.#refuse('a number is longer than it has to be');
      return value <= most ? value : this.#refuse(`a number is ${value}, and may be ${most}`);
    }
    return this.#refuse('a number is too large');
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** @param most how many bytes */
  sized(most?: number): Uint8Array {
    return this.raw(this.number(most));
  }

  /** @param most how many characters */
  text(most: number): string {
    return Buffer.from(this.raw(this.number(most))).toString('latin1');
  }

  /** A view of the next bytes. */
  raw(size: number): Uint8Array {
    if (size > this.left) this.#refuse(`it ends ${size - this.left} bytes too early`);
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}
