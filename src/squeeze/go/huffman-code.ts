import { packageMerge } from './package-merge.ts';

const longestCode = 15;
const mostSymbols = 286;
/** A count and its symbol are one number, so that sorting numbers sorts by count, then by symbol. */
const symbolBits = 9;
const symbolMask = (1 << symbolBits) - 1;

/** A Huffman code for the symbols of one alphabet, with the lengths that Go chooses (docs/gzip-encoders/go.md, Huffman codes). */
export class HuffmanCode {
  /** Bits of each symbol's code; 0 for symbols that do not count. */
  readonly lengths: Uint8Array;
  /** The codes as they are written, from the lowest bit. */
  readonly codes: Uint16Array;
  readonly #sorted = new Int32Array(mostSymbols);
  readonly #weights = new Int32Array(mostSymbols);
  readonly #nextCode = new Int32Array(longestCode + 1);

  /** @param symbols how many the alphabet has, at most 286 */
  constructor(symbols: number) {
    this.lengths = new Uint8Array(symbols);
    this.codes = new Uint16Array(symbols);
  }

  /** Makes the code for these counts, below 2^22 each. No code is longer than `mostBits`, at most 15. */
  build(counts: Int32Array, mostBits: number): void {
    const used = this.#sort(counts);
    this.lengths.fill(0);
    if (used <= 2) {
      for (let rank = 0; rank < used; rank++) this.#setLength(rank, 1);
    } else {
      this.#setLengths(used, Math.min(mostBits, used - 1));
    }
    this.assignCodes();
  }

  /** Bits of all symbols that count, together. */
  bitsOf(counts: Int32Array): number {
    const { lengths } = this;
    let bits = 0;
    for (let symbol = 0; symbol < lengths.length; symbol++) bits += counts[symbol]! * lengths[symbol]!;
    return bits;
  }

  /** Gives each symbol the canonical code of its length (RFC 1951, section 3.2.2). */
  assignCodes(): void {
    const { lengths, codes } = this;
    const next = this.#nextCode.fill(0);
    for (const length of lengths) if (length > 0) next[length]! += 1;
    for (let length = 1, first = 0; length <= longestCode; length++) {
      const count = next[length]!;
      next[length] = first;
      first = (first + count) << 1;
    }
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const length = lengths[symbol]!;
      if (length === 0) continue;
      const code = next[length]!;
      next[length] = code + 1;
      codes[symbol] = reverseBits(code, length);
    }
  }

  /** Ranks the symbols that count, the rarest first. */
  #sort(counts: Int32Array): number {
    let used = 0;
    for (let symbol = 0; symbol < this.lengths.length; symbol++) {
      const count = counts[symbol]!;
      if (count > 0) this.#sorted[used++] = (count << symbolBits) | symbol;
    }
    this.#sorted.subarray(0, used).sort();
    return used;
  }

  #setLengths(used: number, levels: number): void {
    for (let rank = 0; rank < used; rank++) this.#weights[rank] = this.#sorted[rank]! >>> symbolBits;
    const atLeast = packageMerge(this.#weights.subarray(0, used), levels);
    for (let length = 1; length <= levels; length++) {
      const longer = length === levels ? 0 : atLeast[length + 1]!;
      for (let rank = longer; rank < atLeast[length]!; rank++) this.#setLength(rank, length);
    }
  }

  #setLength(rank: number, length: number): void {
    this.lengths[this.#sorted[rank]! & symbolMask] = length;
  }
}

/** The code of the fixed blocks (RFC 1951, section 3.2.6) from its lengths. */
export function codeOfLengths(lengths: Uint8Array): HuffmanCode {
  const code = new HuffmanCode(lengths.length);
  code.lengths.set(lengths);
  code.assignCodes();
  return code;
}

function reverseBits(code: number, length: number): number {
  let reversed = 0;
  for (let bit = 0; bit < length; bit++) reversed |= ((code >>> bit) & 1) << (length - 1 - bit);
  return reversed;
}
