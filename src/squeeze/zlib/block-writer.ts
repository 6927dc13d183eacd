import { CodeLengths } from './code-lengths.ts';
import {
  distanceBases,
  distanceExtraBits,
  distanceSymbolOf,
  distanceSymbols,
  endOfBlock,
  lengthBases,
  lengthExtraBits,
  lengthSymbolOf,
} from './deflate-symbols.ts';
import { assignCodes } from './prefix-code.ts';
import { fixedLiteralLengths } from './token-block.ts';
import type { BitWriter } from '../tokens/bit-writer.ts';
import type { TokenBlock } from './token-block.ts';

/** A code as it is written. */
interface WrittenCode {
  readonly lengths: Uint8Array;
  readonly codes: Uint16Array;
}

const fixedLiterals = fixedCode(fixedLiteralLengths);
const fixedDistances = fixedCode(new Uint8Array(distanceSymbols).fill(5));

/** The plain bytes of a block. */
export interface BlockPlain {
  readonly length: number;
  /** Missing when the window no longer holds all of them: then the block cannot be stored. */
  readonly bytes?: Uint8Array;
}

/** Writes blocks in the way that takes the fewest bytes: stored, with fixed codes, or with codes of their own. */
export class BlockWriter {
  readonly #output: BitWriter;
  readonly #codeLengths = new CodeLengths();

  constructor(output: BitWriter) {
    this.#output = output;
  }

  /** Bits of the stream so far. */
  get bits(): number {
    return this.#output.position;
  }

  /** Writes the tokens, and begins the next block. */
  write(tokens: TokenBlock, plain: BlockPlain, final: boolean): void {
    const { literalCode, distanceCode } = tokens;
    literalCode.build();
    distanceCode.build();
    this.#codeLengths.count(literalCode, distanceCode);
    const ownBits = literalCode.bits + distanceCode.bits + this.#codeLengths.bits;
    const ownBytes = Math.floor((ownBits + 3 + 7) / 8);
    const fixedBytes = Math.floor((literalCode.fixedBits + distanceCode.fixedBits + 3 + 7) / 8);
    const last = final ? 1 : 0;
    if (plain.bytes !== undefined && plain.length + 4 <= Math.min(ownBytes, fixedBytes)) {
      this.stored(plain.bytes, final);
    } else if (fixedBytes <= ownBytes) {
      this.#output.bits(2 + last, 3);
      this.#tokens(tokens, fixedLiterals, fixedDistances);
    } else {
      this.#output.bits(4 + last, 3);
      this.#codeLengths.write(this.#output);
      this.#tokens(tokens, literalCode, distanceCode);
    }
    tokens.clear();
  }

  /** Writes a stored block of at most 65,535 bytes. */
  stored(bytes: Uint8Array, final: boolean): void {
    const output = this.#output;
    output.bits(final ? 1 : 0, 3);
    output.align();
    output.bits(bytes.length & 0xffff, 16);
    output.bits(~bytes.length & 0xffff, 16);
    output.bytes(bytes);
  }

  /** Writes a block with fixed codes that holds nothing: ten bits. */
  empty(): void {
    this.#output.bits(2, 10);
  }

  /** Fills the last byte with zeros, and hands out all that is left. */
  finish(): void {
    this.#output.align();
    this.#output.flush();
  }

  #tokens(tokens: TokenBlock, literals: WrittenCode, distances: WrittenCode): void {
    const output = this.#output;
    const { values, count } = tokens;
    const literalCodes = literals.codes;
    const literalLengths = literals.lengths;
    for (let index = 0; index < count; index += 1) {
      const distance = tokens.distances[index]!;
      const value = values[index]!;
      if (distance === 0) {
        output.bits(literalCodes[value]!, literalLengths[value]!);
        continue;
      }
      const length = lengthSymbolOf[value]!;
      const literal = length + endOfBlock + 1;
      output.bits(literalCodes[literal]!, literalLengths[literal]!);
      const lengthExtra = lengthExtraBits[length]!;
      if (lengthExtra > 0) output.bits(value - lengthBases[length]!, lengthExtra);
      const symbol = distanceSymbolOf(distance - 1);
      output.bits(distances.codes[symbol]!, distances.lengths[symbol]!);
      const distanceExtra = distanceExtraBits[symbol]!;
      if (distanceExtra > 0) output.bits(distance - 1 - distanceBases[symbol]!, distanceExtra);
    }
    output.bits(literalCodes[endOfBlock]!, literalLengths[endOfBlock]!);
  }
}

function fixedCode(lengths: Uint8Array): WrittenCode {
  const codes = new Uint16Array(lengths.length);
  assignCodes(lengths, codes, lengths.length - 1);
  return { lengths, codes };
}
