import { PrefixCode } from './prefix-code.ts';
import {
  distanceExtraBits,
  distanceSymbolOf,
  distanceSymbols,
  endOfBlock,
  lengthExtraBits,
  lengthSymbolOf,
  literalSymbols,
} from './deflate-symbols.ts';

/** Lengths of the fixed codes (RFC 1951, section 3.2.6). */
export const fixedLiteralLengths = Uint8Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < 144) return 8;
  if (symbol < 256) return 9;
  return symbol < 280 ? 7 : 8;
});

/** When a block ends. */
export interface BlockPolicy {
  /** Tokens of a full block. */
  readonly mostTokens: number;
  /** Whether a block may end before, at each 4,096th token, when it is much shorter than its plain bytes: GNU gzip's guess. */
  readonly guesses: boolean;
}

/** Literals and matches of the block that is being filled, and how often each symbol occurs in it. */
export class TokenBlock {
  /** A literal, or the length of a match less 3. */
  readonly values: Uint8Array;
  /** The distance of a match; 0 for a literal. */
  readonly distances: Uint16Array;
  count = 0;
  readonly literalCode = new PrefixCode({
    symbols: literalSymbols,
    mostBits: 15,
    extraBits: lengthExtraBits,
    extraFrom: endOfBlock + 1,
    fixedLengths: fixedLiteralLengths,
  });
  readonly distanceCode = new PrefixCode({
    symbols: distanceSymbols,
    mostBits: 15,
    extraBits: distanceExtraBits,
    extraFrom: 0,
    fixedLengths: new Uint8Array(distanceSymbols).fill(5),
  });

  readonly #policy: BlockPolicy;
  readonly #literals = this.literalCode.frequencies;
  readonly #distances = this.distanceCode.frequencies;
  #matches = 0;
  /** Tokens at which {@link isComplete} has to be asked. */
  #nextQuestion = 0;

  constructor(policy: BlockPolicy) {
    this.#policy = policy;
    this.values = new Uint8Array(policy.mostTokens);
    this.distances = new Uint16Array(policy.mostTokens);
    this.clear();
  }

  /** Begins the next block. */
  clear(): void {
    this.count = 0;
    this.#matches = 0;
    this.literalCode.clear();
    this.distanceCode.clear();
    this.#literals[endOfBlock] = 1;
    this.#askAfter(0);
  }

  /** Adds a literal. @returns whether {@link isComplete} has to be asked */
  literal(byte: number): boolean {
    const { count } = this;
    this.values[count] = byte;
    this.distances[count] = 0;
    this.#literals[byte]! += 1;
    this.count = count + 1;
    return count + 1 === this.#nextQuestion;
  }

  /** Adds a match. @returns whether {@link isComplete} has to be asked */
  match(length: number, distance: number): boolean {
    const { count } = this;
    this.values[count] = length - 3;
    this.distances[count] = distance;
    const literal = endOfBlock + 1 + lengthSymbolOf[length - 3]!;
    this.#literals[literal]! += 1;
    const symbol = distanceSymbolOf(distance - 1);
    this.#distances[symbol]! += 1;
    this.#matches += 1;
    this.count = count + 1;
    return count + 1 === this.#nextQuestion;
  }

  /** Whether the block ends here. @param plain bytes from its beginning to where the matcher stands */
  isComplete(plain: number): boolean {
    if (this.count === this.#policy.mostTokens) return true;
    const complete = this.#isWorthEnding(plain);
    this.#askAfter(this.count);
    return complete;
  }

  #isWorthEnding(plain: number): boolean {
    let bits = this.count * 8;
    for (let symbol = 0; symbol < distanceSymbols; symbol += 1) {
      bits += this.#distances[symbol]! * (5 + distanceExtraBits[symbol]!);
    }
    return this.#matches < this.count >> 1 && Math.floor(bits / 8) < Math.floor(plain / 2);
  }

  #askAfter(count: number): void {
    const { mostTokens, guesses } = this.#policy;
    this.#nextQuestion = guesses ? Math.min(mostTokens, count + 4096) : mostTokens;
  }
}
