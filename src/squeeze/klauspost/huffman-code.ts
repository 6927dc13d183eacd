import type { CodeLengths } from './code-lengths.ts';

/** How a code is made. */
export interface CodeRules {
  readonly lengths: CodeLengths;
  /** Most bits of a code. */
  readonly limit: number;
  /** Huffman's own tree first, see {@link CodeLengths.tree}. */
  readonly treeFirst: boolean;
}

/** A Huffman code: for each symbol its length, 0 when it has none, and its bits, the first one lowest (RFC 1951, section 3.2.2). */
export class HuffmanCode {
  readonly codes: Uint16Array;
  readonly lengths: Uint8Array;
  readonly #order: Int32Array;
  readonly #weights: Int32Array;

  constructor(symbols: number) {
    this.codes = new Uint16Array(symbols);
    this.lengths = new Uint8Array(symbols);
    this.#order = new Int32Array(symbols);
    this.#weights = new Int32Array(symbols);
  }

  /** The code in which each symbol has a code of the given length. */
  static ofLengths(lengths: Uint8Array): HuffmanCode {
    const code = new HuffmanCode(lengths.length);
    code.lengths.set(lengths);
    code.#assignCodes();
    return code;
  }

  /** Makes the code for the symbols that occur; the others get none. */
  generate(counts: Int32Array, rules: CodeRules): void {
    const used = this.#sort(counts);
    if (used <= 2) {
      // Two symbols or less have codes of one bit, in the order of the symbols.
      for (let index = 0, next = 0; index < counts.length; index++) {
        if (counts[index] === 0) continue;
        this.codes[index] = next++;
        this.lengths[index] = 1;
      }
      return;
    }
    const weights = this.#weights.subarray(0, used);
    const { lengths, limit, treeFirst } = rules;
    const tree = treeFirst ? lengths.tree(weights, limit) : undefined;
    this.#assignLengths(tree ?? lengths.limited(weights, limit), used);
    this.#assignCodes();
  }

  /** The bits that symbols with these counts take. */
  bits(counts: Int32Array): number {
    let total = 0;
    for (let symbol = 0; symbol < counts.length; symbol++) total += counts[symbol]! * this.lengths[symbol]!;
    return total;
  }

  /** Whether all symbols that occur have a code. */
  covers(counts: Int32Array): boolean {
    for (let symbol = 0; symbol < counts.length; symbol++) {
      if (counts[symbol] !== 0 && this.lengths[symbol] === 0) return false;
    }
    return true;
  }

  /** Sorts the symbols that occur: the rare ones first, by their number where they are equal. Gives how many there are. */
  #sort(counts: Int32Array): number {
    let used = 0;
    this.lengths.fill(0);
    for (let symbol = 0; symbol < counts.length; symbol++) {
      const count = counts[symbol]!;
      if (count > 0) this.#order[used++] = count * 512 + symbol;
    }
    const order = this.#order.subarray(0, used);
    // In place: a typed array sorts by number.
    Int32Array.prototype.sort.call(order);
    for (let index = 0; index < used; index++) this.#weights[index] = order[index]! >> 9;
    return used;
  }

  #assignLengths(bitCounts: Int32Array, used: number): void {
    let end = used;
    for (let bits = 1; bits < 16; bits++) {
      const start = end - bitCounts[bits]!;
      for (let index = start; index < end; index++) this.lengths[this.#order[index]! & 511] = bits;
      end = start;
    }
  }

  #assignCodes(): void {
    const next = new Uint16Array(17);
    for (const bits of this.lengths) if (bits > 0) next[bits + 1]!++;
    for (let bits = 1; bits < 16; bits++) next[bits + 1] = (next[bits + 1]! + next[bits]!) << 1;
    for (let symbol = 0; symbol < this.lengths.length; symbol++) {
      const bits = this.lengths[symbol]!;
      if (bits > 0) this.codes[symbol] = reverse(next[bits]!++, bits);
    }
  }
}

function reverse(code: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((code >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}
