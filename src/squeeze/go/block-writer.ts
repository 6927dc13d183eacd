import type { BitWriter } from '../tokens/bit-writer.ts';
import { CodeLengths } from './code-lengths.ts';
import {
  distanceBase,
  distanceExtraBits,
  distanceSymbols,
  endOfBlock,
  lengthBase,
  lengthExtraBits,
  literalSymbols,
  symbolOfDistance,
  symbolOfLength,
} from './deflate-symbols.ts';
import { HuffmanCode, codeOfLengths } from './huffman-code.ts';

/** Most plain bytes of a stored block, and of a block of levels -2, 0 and 1. */
export const mostStored = 65_535;

/** A match as a token; a literal is its byte. */
export function matchToken(length: number, distance: number): number {
  return (length << 16) | distance;
}

const mostBits = 15;
const fixedLiterals = codeOfLengths(
  Uint8Array.from({ length: 288 }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
);
const fixedDistances = codeOfLengths(new Uint8Array(distanceSymbols).fill(5));

/** Decides how each block is written, and writes it (docs/gzip-encoders/go.md, Which kind of block). */
export class BlockWriter {
  readonly #output: BitWriter;
  readonly #literalCounts = new Int32Array(fixedLiterals.lengths.length);
  readonly #distanceCounts = new Int32Array(distanceSymbols);
  readonly #literals = new HuffmanCode(literalSymbols);
  readonly #distances = new HuffmanCode(distanceSymbols);
  readonly #header = new CodeLengths();

  constructor(output: BitWriter) {
    this.#output = output;
  }

  /** Writes a block of levels 2 to 9. `plain` is what it holds, unless it cannot be stored. */
  writeSmallest(tokens: Int32Array, plain: Uint8Array | undefined): void {
    this.#countTokens(tokens);
    const extra = this.#extraBits();
    const dynamic = this.#buildCodes() + extra;
    const fixed =
      3 + fixedLiterals.bitsOf(this.#literalCounts) + fixedDistances.bitsOf(this.#distanceCounts) + extra;
    if (plain !== undefined && storedBits(plain) < Math.min(dynamic, fixed)) {
      this.writeStored(plain);
      return;
    }
    if (dynamic < fixed) {
      this.#header.write(this.#output);
      this.#writeTokens(tokens, this.#literals, this.#distances);
    } else {
      this.#output.bits(0b010, 3);
      this.#writeTokens(tokens, fixedLiterals, fixedDistances);
    }
  }

  /** Writes a block of level 1, which is stored unless it gets smaller by a sixteenth. */
  writeDynamic(tokens: Int32Array, plain: Uint8Array): void {
    this.#countTokens(tokens);
    if (this.#isWorthLittle(this.#buildCodes(), plain)) {
      this.writeStored(plain);
      return;
    }
    this.#header.write(this.#output);
    this.#writeTokens(tokens, this.#literals, this.#distances);
  }

  /** Writes a block of literals, which is stored unless it gets smaller by a sixteenth. */
  writeLiterals(plain: Uint8Array): void {
    const counts = this.#literalCounts.fill(0);
    for (let index = 0; index < plain.length; index++) counts[plain[index]!]! += 1;
    counts[endOfBlock] = 1;
    this.#distanceCounts.fill(0);
    if (this.#isWorthLittle(this.#buildCodes(), plain)) {
      this.writeStored(plain);
      return;
    }
    const output = this.#output;
    this.#header.write(output);
    const { codes, lengths } = this.#literals;
    for (let index = 0; index < plain.length; index++) {
      const byte = plain[index]!;
      output.bits(codes[byte]!, lengths[byte]!);
    }
    output.bits(codes[endOfBlock]!, lengths[endOfBlock]!);
  }

  /** Writes a stored block, at most {@link mostStored} bytes. */
  writeStored(plain: Uint8Array): void {
    this.#writeStoredHead(0, plain.length);
    this.#output.bytes(plain);
  }

  /** Writes the empty block that ends every stream, and hands out all. */
  finish(): void {
    this.#writeStoredHead(1, 0);
    this.#output.align();
    this.#output.flush();
  }

  #writeStoredHead(final: number, length: number): void {
    this.#output.bits(final, 3);
    this.#output.align();
    this.#output.bits(length, 16);
    this.#output.bits(~length & 0xffff, 16);
  }

  #isWorthLittle(dynamic: number, plain: Uint8Array): boolean {
    return storedBits(plain) < dynamic + (dynamic >>> 4);
  }

  #countTokens(tokens: Int32Array): void {
    const literals = this.#literalCounts.fill(0);
    const distances = this.#distanceCounts.fill(0);
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index]!;
      if (token < 256) {
        literals[token]! += 1;
      } else {
        literals[symbolOfLength[token >>> 16]!]! += 1;
        distances[symbolOfDistance(token & 0xffff)]! += 1;
      }
    }
    literals[endOfBlock] = 1;
  }

  /** @returns bits of a dynamic block without the extra bits of matches */
  #buildCodes(): number {
    let literalCount = literalSymbols;
    while (this.#literalCounts[literalCount - 1] === 0) literalCount -= 1;
    let distanceCount = distanceSymbols;
    while (distanceCount > 0 && this.#distanceCounts[distanceCount - 1] === 0) distanceCount -= 1;
    if (distanceCount === 0) {
      this.#distanceCounts[0] = 1;
      distanceCount = 1;
    }
    const literals = this.#literals;
    const distances = this.#distances;
    literals.build(this.#literalCounts, mostBits);
    distances.build(this.#distanceCounts, mostBits);
    const header = this.#header.pack({ literals, literalCount, distances, distanceCount });
    return header + literals.bitsOf(this.#literalCounts) + distances.bitsOf(this.#distanceCounts);
  }

  #extraBits(): number {
    let bits = 0;
    for (let symbol = endOfBlock + 1; symbol < literalSymbols; symbol++) {
      bits += this.#literalCounts[symbol]! * lengthExtraBits[symbol]!;
    }
    for (let symbol = 0; symbol < distanceSymbols; symbol++) {
      bits += this.#distanceCounts[symbol]! * distanceExtraBits[symbol]!;
    }
    return bits;
  }

  #writeTokens(tokens: Int32Array, literals: HuffmanCode, distances: HuffmanCode): void {
    const output = this.#output;
    const { codes, lengths } = literals;
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index]!;
      if (token < 256) {
        output.bits(codes[token]!, lengths[token]!);
        continue;
      }
      const length = token >>> 16;
      const symbol = symbolOfLength[length]!;
      output.bits(codes[symbol]!, lengths[symbol]!);
      output.bits(length - lengthBase[symbol]!, lengthExtraBits[symbol]!);
      const distance = token & 0xffff;
      const distanceSymbol = symbolOfDistance(distance);
      output.bits(distances.codes[distanceSymbol]!, distances.lengths[distanceSymbol]!);
      output.bits(distance - distanceBase[distanceSymbol]!, distanceExtraBits[distanceSymbol]!);
    }
    output.bits(codes[endOfBlock]!, lengths[endOfBlock]!);
  }
}

function storedBits(plain: Uint8Array): number {
  return (plain.length + 5) * 8;
}
