import type { DeflateSink } from '../deflate-encoder.ts';
import { BitWriter } from '../tokens/bit-writer.ts';
import { BlockHeader } from './block-header.ts';
import { CodeLengths } from './code-lengths.ts';
import { EntropyEstimate, extraBitsOf } from './entropy-estimate.ts';
import { fixedDistanceCode, fixedLiteralCode } from './fixed-codes.ts';
import { HuffmanCode, type CodeRules } from './huffman-code.ts';
import type { GenerationTraits } from './klauspost-generation.ts';
import { distanceExtraBits, lengthExtraBits } from './match-codes.ts';
import type { TokenBuffer } from './token-buffer.ts';
import { writeTokens } from './write-tokens.ts';

const endOfBlock = 256;
const literalSymbols = 286;
const distanceSymbols = 30;
/** Blocks of this many tokens or more never get the fixed codes. */
const fixedCodesBelow = 250;
/** What the header of a block of literals is taken to need before it is known. */
const guessedHeaderBits = 70 * 8;

/** The window of plain bytes a block is for. */
export interface BlockWindow {
  readonly plain: Uint8Array;
  /** The stream is brought to a block boundary after it. */
  readonly ends: boolean;
}

/** What a window costs with dynamic codes, and whether an open block could go on with it. */
interface BlockCosts {
  readonly bits: number;
  readonly extraBits: number;
  readonly goesOn: boolean;
}

/**
 * Writes blocks. A block with dynamic codes stays open: the next window may go on in it with the same codes, so that one DEFLATE
 * block can hold the tokens of many windows. docs/gzip-encoders/klauspost.md, "Blocks", states how it decides.
 */
export class BlockWriter {
  readonly #writer: BitWriter;
  readonly #traits: GenerationTraits;
  readonly #rules: CodeRules;
  readonly #header: BlockHeader;
  readonly #estimate = new EntropyEstimate();
  readonly #distances = new HuffmanCode(distanceSymbols);
  readonly #noDistances = new HuffmanCode(distanceSymbols);
  readonly #literalCounts = new Int32Array(literalSymbols);
  readonly #distanceCounts = new Int32Array(distanceSymbols);
  readonly #byteCounts = new Int32Array(endOfBlock + 1);
  #literals = new HuffmanCode(literalSymbols);
  #nextLiterals = new HuffmanCode(literalSymbols);
  /** Bits of the header of the open block, or 0 when none is open. */
  #openHeader = 0;
  /** The open block has codes for literals only. */
  #literalsOnly = false;

  constructor(sink: DeflateSink, traits: GenerationTraits) {
    this.#writer = new BitWriter(sink);
    this.#traits = traits;
    this.#rules = { lengths: new CodeLengths(), limit: 15, treeFirst: traits.huffmanTree };
    this.#header = new BlockHeader(this.#rules);
    this.#noDistances.generate(
      Int32Array.of(1, ...Array.from({ length: distanceSymbols - 1 }, () => 0)),
      this.#rules,
    );
  }

  /** Bits written so far. */
  get bits(): number {
    return this.#writer.position;
  }

  /** Writes the plain bytes as they are (RFC 1951, section 3.2.4). */
  writeStored(plain: Uint8Array): void {
    this.#endOpenBlock();
    this.#writer.bits(0, 3);
    this.#writer.align();
    this.#writer.bits(plain.length, 16);
    this.#writer.bits(~plain.length & 0xffff, 16);
    if (plain.length > 0) this.#writer.bytes(plain);
  }

  /** Writes the last block, an empty one with fixed codes, and fills up to a whole byte. */
  writeLast(): void {
    this.#endOpenBlock();
    this.#writer.bits(0b011, 3);
    this.#writer.bits(0, 7);
    this.#writer.align();
    this.#writer.flush();
  }

  /** Hands on what is written. */
  flush(): void {
    this.#writer.flush();
  }

  /** Writes the window as tokens: in the open block, in a new one, with the fixed codes, or stored. */
  writeTokens(tokens: TokenBuffer, window: BlockWindow): void {
    const total = this.#countTotal(tokens, window);
    if (this.#openHeader > 0 && (this.#literalsOnly || !this.#canGoOn(tokens))) this.#endOpenBlock();
    const symbols = this.#count(tokens, window);
    const extraBits =
      extraBitsOf(this.#literalCounts.subarray(257), lengthExtraBits) +
      extraBitsOf(this.#distanceCounts, distanceExtraBits);
    if (this.#openHeader > 0) {
      const bits = this.#decideToGoOn(this.#estimate.bits(tokens, total), extraBits);
      if (this.#writeWithoutTable(tokens, window, { bits, extraBits, goesOn: true })) return;
    }
    if (this.#openHeader === 0) {
      const headerBits = this.#describe(symbols);
      const bits = headerBits + this.#tokenBits(extraBits);
      if (this.#writeWithoutTable(tokens, window, { bits, extraBits, goesOn: false })) return;
      this.#header.write(this.#writer);
      this.#openHeader = headerBits;
      this.#literalsOnly = false;
    }
    if (window.ends) this.#openHeader = 0;
    writeTokens(tokens, this.#writer, { literals: this.#literals, distances: this.#distances });
  }

  /** Writes the window without matches: in the open block, in a new one, or stored. */
  writeLiterals({ plain, ends }: BlockWindow): void {
    const counts = this.#byteCounts.fill(0);
    for (const byte of plain) counts[byte]!++;
    const isEven = !this.#traits.codesAllSymbols && plain.length > 1024 && occurEvenly(counts, plain.length);
    const bits = isEven ? Infinity : this.#bitsOfLiterals(counts);
    if ((plain.length + 5) * 8 <= bits) {
      this.writeStored(plain);
      return;
    }
    if (bits < this.#bitsInOpenBlock(counts)) this.#endOpenBlock();
    if (this.#openHeader === 0) this.#openForLiterals();
    const { codes, lengths } = this.#literals;
    for (const byte of plain) this.#writer.bits(codes[byte]!, lengths[byte]!);
    if (!ends) return;
    this.#endOpenBlock();
    this.#literalsOnly = false;
  }

  #openForLiterals(): void {
    [this.#literals, this.#nextLiterals] = [this.#nextLiterals, this.#literals];
    this.#openHeader = this.#header.describe({
      literals: this.#literals,
      literalSymbols: endOfBlock + 1,
      distances: this.#noDistances,
      distanceSymbols: 1,
    });
    this.#header.write(this.#writer);
    this.#literalsOnly = true;
  }

  /** Makes the code for these literals; gives the bits with a header like that of the open block, and the penalty of a new code. */
  #bitsOfLiterals(counts: Int32Array): number {
    counts[endOfBlock] = 1;
    this.#nextLiterals.generate(counts, this.#rules);
    const bits = this.#nextLiterals.bits(counts) + (this.#openHeader || guessedHeaderBits);
    return bits + (bits >> this.#traits.penalty);
  }

  #bitsInOpenBlock(counts: Int32Array): number {
    const bytes = counts.subarray(0, endOfBlock);
    return this.#literals.covers(bytes) ? this.#literals.bits(bytes) : Infinity;
  }

  /** Adds the end of a block that ends; gives how many tokens count in an estimate. */
  #countTotal(tokens: TokenBuffer, { ends }: BlockWindow): number {
    const { length } = tokens;
    if (ends) tokens.addEndOfBlock();
    if (!this.#traits.codesAllSymbols) return tokens.length;
    return ends ? length : length + tokens.countAll();
  }

  #canGoOn({ literalCounts, distanceCounts }: TokenBuffer): boolean {
    return this.#distances.covers(distanceCounts) && this.#literals.covers(literalCounts);
  }

  /** Takes over how often symbols occur; gives how many symbols of each code a header has to list. */
  #count({ literalCounts, distanceCounts }: TokenBuffer, { ends }: BlockWindow): readonly [number, number] {
    this.#literalCounts.set(literalCounts);
    this.#distanceCounts.set(distanceCounts);
    if (this.#traits.fullHeaders && !ends) return [literalSymbols, distanceSymbols];
    if (this.#traits.countsBlockEnd) this.#literalCounts[endOfBlock] = 1;
    const literals = 1 + this.#literalCounts.findLastIndex((count) => count > 0);
    const distances = 1 + this.#distanceCounts.findLastIndex((count) => count > 0);
    if (distances > 0) return [literals, distances];
    this.#distanceCounts[0] = 1;
    return [literals, 1];
  }

  /** Ends the open block when a new one is estimated to be smaller; gives the bits of the better of the two. */
  #decideToGoOn(estimate: number, extraBits: number): number {
    const fresh = this.#openHeader + estimate;
    const endBits = this.#traits.codesAllSymbols ? 0 : this.#literals.lengths[endOfBlock]!;
    const freshBits = fresh + endBits + (fresh >> this.#traits.penalty);
    const bits = this.#tokenBits(extraBits);
    if (freshBits >= bits) return bits;
    this.#endOpenBlock();
    return freshBits;
  }

  #describe([literals, distances]: readonly [number, number]): number {
    this.#literalCounts[endOfBlock] = 1;
    this.#literals.generate(this.#literalCounts, this.#rules);
    this.#distances.generate(this.#distanceCounts, this.#rules);
    return this.#header.describe({
      literals: this.#literals,
      literalSymbols: literals,
      distances: this.#distances,
      distanceSymbols: distances,
    });
  }

  #tokenBits(extraBits: number): number {
    return this.#literals.bits(this.#literalCounts) + this.#distances.bits(this.#distanceCounts) + extraBits;
  }

  /**
   * Writes the window stored, or a window of few tokens with the fixed codes (RFC 1951, section 3.2.6), if that is smaller than
   * `bits`, and gives whether it did.
   */
  #writeWithoutTable(
    tokens: TokenBuffer,
    { plain, ends }: BlockWindow,
    { bits, extraBits, goesOn }: BlockCosts,
  ): boolean {
    const storedBits = (plain.length + 5) * 8;
    if (this.#traits.codesAllSymbols) {
      const isStored = storedBits < bits + (bits >> 4);
      if (isStored) this.writeStored(plain);
      return isStored;
    }
    const fixedBits =
      3 +
      fixedLiteralCode.bits(this.#literalCounts) +
      fixedDistanceCode.bits(this.#distanceCounts) +
      extraBits;
    // A block that goes on must be ended first: 7 bits, and only to gain something.
    const isFixed = tokens.length < fixedCodesBelow && fixedBits + (goesOn ? 8 : 0) <= bits;
    if (storedBits <= (isFixed && !goesOn ? fixedBits : bits)) {
      this.writeStored(plain);
      return true;
    }
    if (!isFixed) return false;
    this.#endOpenBlock();
    this.#writer.bits(0b010, 3);
    if (!ends) tokens.addEndOfBlock();
    writeTokens(tokens, this.#writer, { literals: fixedLiteralCode, distances: fixedDistanceCode });
    return true;
  }

  #endOpenBlock(): void {
    if (this.#openHeader === 0) return;
    this.#writer.bits(this.#literals.codes[endOfBlock]!, this.#literals.lengths[endOfBlock]!);
    this.#openHeader = 0;
  }
}

/** Whether bytes occur so evenly that no code can gain: the squares of the differences sum to less than twice their number. */
function occurEvenly(counts: Int32Array, total: number): boolean {
  const average = total / 256;
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const difference = counts[byte]! - average;
    sum += difference * difference;
    if (sum > total * 2) return false;
  }
  return sum < total * 2;
}
