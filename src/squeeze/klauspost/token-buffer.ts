import { distanceCodeOf, lengthCodes } from './match-codes.ts';

/** Most plain bytes in a block, and so most tokens but the end of the block. */
export const windowSize = 65_535;

const endOfBlock = 256;
const matchFlag = 1 << 30;

/** The tokens of one block, with how often each symbol occurs. */
export class TokenBuffer {
  /** Literals are their byte, the end of the block is 256, matches are 1 << 30 | (length − 3) << 22 | distance code << 16 | distance − 1. */
  readonly tokens = new Int32Array(windowSize + 1);
  /** How often each of the 286 symbols of literals and lengths occurs. */
  readonly literalCounts = new Int32Array(286);
  /** How often each of the 30 distance codes occurs. */
  readonly distanceCounts = new Int32Array(30);
  length = 0;
  readonly #piece: number;

  constructor(cutsAt258: boolean) {
    this.#piece = cutsAt258 ? 258 : 255;
  }

  clear(): void {
    this.length = 0;
    this.literalCounts.fill(0);
    this.distanceCounts.fill(0);
  }

  addLiterals(bytes: Uint8Array, from: number, to: number): void {
    const { tokens, literalCounts } = this;
    let { length } = this;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      tokens[length++] = byte;
      literalCounts[byte]!++;
    }
    this.length = length;
  }

  /**
   * Adds a match of any length from 3, in pieces of at most 258 bytes. `distance` is less by one.
   */
  addMatch(length: number, distance: number): void {
    const code = distanceCodeOf(distance);
    let left = length;
    while (left > 0) {
      const piece = left <= 258 ? left : left > 261 ? this.#piece : 255;
      left -= piece;
      this.literalCounts[257 + lengthCodes[piece - 3]!]!++;
      this.distanceCounts[code]!++;
      this.tokens[this.length++] = matchFlag | ((piece - 3) << 22) | (code << 16) | distance;
    }
  }

  addEndOfBlock(): void {
    this.tokens[this.length++] = endOfBlock;
    this.literalCounts[endOfBlock]!++;
  }

  /** Counts each symbol that does not occur once, so that codes have it; gives how many literals and lengths these are. */
  countAll(): number {
    let added = 0;
    for (let symbol = 0; symbol < this.literalCounts.length; symbol++) {
      if (this.literalCounts[symbol] !== 0) continue;
      this.literalCounts[symbol] = 1;
      added++;
    }
    for (let code = 0; code < this.distanceCounts.length; code++) this.distanceCounts[code] ||= 1;
    return added;
  }
}
