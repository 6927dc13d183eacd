import { PrefixCode } from './prefix-code.ts';
import type { BitWriter } from '../tokens/bit-writer.ts';

/** The order in which the lengths of the code for code lengths are written (RFC 1951, section 3.2.7). */
const writtenOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const repeatLast = 16;
const fewZeros = 17;
const manyZeros = 18;
const extraBits = Uint8Array.of(2, 3, 7);

/** The code lengths of a block, in short: runs of the literal code and of the distance code, each on its own. */
export class CodeLengths {
  readonly #code = new PrefixCode({ symbols: 19, mostBits: 7, extraBits, extraFrom: repeatLast });
  /** Symbols, and the value of their extra bits from bit 8 on. */
  readonly #symbols = new Uint16Array(320);
  #count = 0;
  /** How many lengths of the code for code lengths are written. */
  #written = 0;
  #literals = 0;
  #distances = 0;

  /** Finds what will be written for two codes. */
  count(literals: PrefixCode, distances: PrefixCode): void {
    this.#count = 0;
    this.#code.clear();
    this.#literals = literals.lastSymbol + 1;
    this.#distances = distances.lastSymbol + 1;
    this.#addRuns(literals.lengths, this.#literals);
    this.#addRuns(distances.lengths, this.#distances);
    this.#code.build();
    this.#written = writtenOrder.length;
    while (this.#written > 4 && this.#code.lengths[writtenOrder[this.#written - 1]!] === 0) {
      this.#written -= 1;
    }
  }

  /** Bits that {@link write} writes. */
  get bits(): number {
    return 5 + 5 + 4 + 3 * this.#written + this.#code.bits;
  }

  write(output: BitWriter): void {
    const { codes, lengths } = this.#code;
    output.bits(this.#literals - 257, 5);
    output.bits(this.#distances - 1, 5);
    output.bits(this.#written - 4, 4);
    for (const symbol of writtenOrder.slice(0, this.#written)) output.bits(lengths[symbol]!, 3);
    for (let index = 0; index < this.#count; index += 1) {
      const entry = this.#symbols[index]!;
      const symbol = entry & 0xff;
      output.bits(codes[symbol]!, lengths[symbol]!);
      if (symbol >= repeatLast) output.bits(entry >> 8, extraBits[symbol - repeatLast]!);
    }
  }

  #addRuns(lengths: Uint8Array, symbols: number): void {
    let previous = -1;
    for (let from = 0; from < symbols;) {
      const length = lengths[from]!;
      const run = runLength(lengths.subarray(from, symbols), mostAtOnce(length, previous));
      this.#addRun(length, run, previous);
      previous = length;
      from += run;
    }
  }

  #addRun(length: number, run: number, previous: number): void {
    if (run < (length !== 0 && length !== previous ? 4 : 3)) {
      for (let left = run; left > 0; left -= 1) this.#add(length, 0);
    } else if (length !== 0) {
      if (length !== previous) this.#add(length, 0);
      this.#add(repeatLast, run - (length === previous ? 3 : 4));
    } else if (run <= 10) {
      this.#add(fewZeros, run - 3);
    } else {
      this.#add(manyZeros, run - 11);
    }
  }

  #add(symbol: number, extra: number): void {
    this.#symbols[this.#count] = symbol | (extra << 8);
    this.#count += 1;
    this.#code.frequencies[symbol]! += 1;
  }
}

/** How many equal lengths one step takes: zeros, the same as the step before, or a new one and its repeats. */
function mostAtOnce(length: number, previous: number): number {
  if (length === 0) return 138;
  return length === previous ? 6 : 7;
}

function runLength(lengths: Uint8Array, most: number): number {
  let run = 1;
  while (run < most && run < lengths.length && lengths[run] === lengths[0]) run += 1;
  return run;
}
