import type { BitWriter } from '../tokens/bit-writer.ts';
import { HuffmanCode, type CodeRules } from './huffman-code.ts';

/** RFC 1951, section 3.2.7: the order of the lengths of the code length code. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
const extraBits = [2, 3, 7] as const;

/** The codes a header describes, and how many symbols of each. */
export interface DescribedCodes {
  readonly literals: HuffmanCode;
  readonly literalSymbols: number;
  readonly distances: HuffmanCode;
  readonly distanceSymbols: number;
}

/** The header of a block with dynamic codes (RFC 1951, section 3.2.7). It is never the last block. */
export class BlockHeader {
  readonly #rules: CodeRules;
  readonly #code = new HuffmanCode(19);
  readonly #counts = new Int32Array(19);
  readonly #lengths = new Uint8Array(286 + 30 + 1);
  /** Symbols of the code length code, with their extra bits << 5. */
  readonly #symbols = new Uint16Array(286 + 30);
  #length = 0;
  #literalSymbols = 0;
  #distanceSymbols = 0;

  constructor(rules: CodeRules) {
    this.#rules = { ...rules, limit: 7 };
  }

  /** Prepares the header; gives how many bits it takes. */
  describe({ literals, literalSymbols, distances, distanceSymbols }: DescribedCodes): number {
    this.#literalSymbols = literalSymbols;
    this.#distanceSymbols = distanceSymbols;
    this.#lengths.set(literals.lengths.subarray(0, literalSymbols));
    this.#lengths.set(distances.lengths.subarray(0, distanceSymbols), literalSymbols);
    this.#countRuns(literalSymbols + distanceSymbols);
    this.#code.generate(this.#counts, this.#rules);
    const extra = 2 * this.#counts[16]! + 3 * this.#counts[17]! + 7 * this.#counts[18]!;
    return 3 + 5 + 5 + 4 + 3 * this.#listedLengths() + this.#code.bits(this.#counts) + extra;
  }

  /** Writes the header that was prepared last. */
  write(writer: BitWriter): void {
    const listed = this.#listedLengths();
    writer.bits(0b100, 3);
    writer.bits(this.#literalSymbols - 257, 5);
    writer.bits(this.#distanceSymbols - 1, 5);
    writer.bits(listed - 4, 4);
    for (const symbol of lengthOrder.slice(0, listed)) writer.bits(this.#code.lengths[symbol]!, 3);
    for (const entry of this.#symbols.subarray(0, this.#length)) {
      const symbol = entry & 31;
      writer.bits(this.#code.codes[symbol]!, this.#code.lengths[symbol]!);
      if (symbol >= 16) writer.bits(entry >> 5, extraBits[symbol - 16]!);
    }
  }

  #listedLengths(): number {
    let listed = 19;
    while (listed > 4 && this.#counts[lengthOrder[listed - 1]!] === 0) listed--;
    return listed;
  }

  #countRuns(total: number): void {
    this.#counts.fill(0);
    this.#length = 0;
    for (let start = 0, end = 0; start < total; start = end) {
      const length = this.#lengths[start]!;
      while (end < total && this.#lengths[end] === length) end++;
      if (length === 0) {
        this.#addZeros(end - start);
      } else {
        this.#addRun(length, end - start);
      }
    }
  }

  /** The first length as itself, then repeats of 6 as long as there are 3 left. */
  #addRun(length: number, run: number): void {
    this.#add(length, 0);
    let left = run - 1;
    while (left >= 3) {
      const repeats = Math.min(6, left);
      this.#add(16, repeats - 3);
      left -= repeats;
    }
    while (left-- > 0) this.#add(length, 0);
  }

  #addZeros(run: number): void {
    let left = run;
    while (left >= 11) {
      const repeats = Math.min(138, left);
      this.#add(18, repeats - 11);
      left -= repeats;
    }
    if (left >= 3) {
      this.#add(17, left - 3);
      left = 0;
    }
    while (left-- > 0) this.#add(0, 0);
  }

  #add(symbol: number, extra: number): void {
    this.#symbols[this.#length++] = symbol | (extra << 5);
    this.#counts[symbol]!++;
  }
}
