import type { BitWriter } from '../tokens/bit-writer.ts';
import { distanceSymbols, literalSymbols } from './deflate-symbols.ts';
import { HuffmanCode } from './huffman-code.ts';

const repeatLength = 16;
const fewZeros = 17;
const manyZeros = 18;
const symbols = 19;
const mostBits = 7;
/** RFC 1951, section 3.2.7. */
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
const extraBits = (symbol: number): number => (symbol === manyZeros ? 7 : Math.max(0, symbol - 14));

/** The codes of a block and how many of their symbols it has to tell. */
export interface BlockCodes {
  readonly literals: HuffmanCode;
  readonly literalCount: number;
  readonly distances: HuffmanCode;
  readonly distanceCount: number;
}

/** The header of one dynamic block after the other: the lengths of its codes, packed (docs/gzip-encoders/go.md). */
export class CodeLengths {
  readonly #lengths = new Uint8Array(literalSymbols + distanceSymbols);
  /** The symbols of the packed lengths, and the extra bits of each. */
  readonly #symbols = new Uint8Array(literalSymbols + distanceSymbols);
  readonly #extras = new Uint8Array(literalSymbols + distanceSymbols);
  #length = 0;
  readonly #counts = new Int32Array(symbols);
  readonly #code = new HuffmanCode(symbols);
  #codeCount = 0;
  #literalCount = 0;
  #distanceCount = 0;

  /**
   * Packs the lengths of these codes.
   *
   * @returns bits of the header, with the three of the block's kind
   */
  pack({ literals, literalCount, distances, distanceCount }: BlockCodes): number {
    this.#literalCount = literalCount;
    this.#distanceCount = distanceCount;
    this.#lengths.set(literals.lengths.subarray(0, literalCount));
    this.#lengths.set(distances.lengths.subarray(0, distanceCount), literalCount);
    this.#length = 0;
    this.#counts.fill(0);
    this.#packRuns(literalCount + distanceCount);
    this.#code.build(this.#counts, mostBits);
    this.#codeCount = symbols;
    while (this.#codeCount > 4 && this.#counts[order[this.#codeCount - 1]!] === 0) this.#codeCount -= 1;
    let bits = 3 + 5 + 5 + 4 + 3 * this.#codeCount + this.#code.bitsOf(this.#counts);
    for (let symbol = repeatLength; symbol < symbols; symbol++) {
      bits += this.#counts[symbol]! * extraBits(symbol);
    }
    return bits;
  }

  /** Writes the header of a dynamic block that is not the last, with what was packed. */
  write(output: BitWriter): void {
    output.bits(0b100, 3);
    output.bits(this.#literalCount - 257, 5);
    output.bits(this.#distanceCount - 1, 5);
    output.bits(this.#codeCount - 4, 4);
    for (let index = 0; index < this.#codeCount; index++) {
      output.bits(this.#code.lengths[order[index]!]!, 3);
    }
    for (let index = 0; index < this.#length; index++) {
      const symbol = this.#symbols[index]!;
      output.bits(this.#code.codes[symbol]!, this.#code.lengths[symbol]!);
      if (symbol >= repeatLength) output.bits(this.#extras[index]!, extraBits(symbol));
    }
  }

  #packRuns(end: number): void {
    for (let start = 0, next = 0; start < end; start = next) {
      const length = this.#lengths[start]!;
      next = start + 1;
      while (next < end && this.#lengths[next] === length) next += 1;
      if (length === 0) this.#packZeros(next - start);
      else this.#packRun(length, next - start);
    }
  }

  #packZeros(run: number): void {
    let left = run;
    while (left >= 11) {
      const part = Math.min(138, left);
      this.#put(manyZeros, part - 11);
      left -= part;
    }
    if (left >= 3) this.#put(fewZeros, left - 3);
    else this.#putSingly(0, left);
  }

  #packRun(length: number, run: number): void {
    this.#put(length, 0);
    let left = run - 1;
    while (left >= 3) {
      const part = Math.min(6, left);
      this.#put(repeatLength, part - 3);
      left -= part;
    }
    this.#putSingly(length, left);
  }

  #putSingly(length: number, times: number): void {
    for (let time = 0; time < times; time++) this.#put(length, 0);
  }

  #put(symbol: number, extra: number): void {
    this.#symbols[this.#length] = symbol;
    this.#extras[this.#length] = extra;
    this.#length += 1;
    this.#counts[symbol]! += 1;
  }
}
