import { longLength284, matchToken, tokenDistance, tokenLength } from '../tokens/deflate-block.ts';
import type { BinaryCoder } from './binary-coder.ts';
import { createChainPredictor } from './chain-predictor.ts';
import { createHashChain } from './hash-chain.ts';
import { invalidCorrections } from './invalid-corrections.ts';
import { matchLength } from './match-length.ts';
import { createMatchRank, type MatchRank } from './match-rank.ts';
import { chainHashes, rankHash } from './model-hashes.ts';
import type { ModelParameters } from './model-parameters.ts';
import { codeNumber, codeTree, numberContexts } from './number-coding.ts';
import type { PlainWindow } from './plain-window.ts';
import type { TokenPredictor } from './token-predictor.ts';

/** Codes the tokens of a stream in order, each as a guess and what was wrong with it. */
export interface TokenModel {
  /**
   * Codes the token at the window's position, and moves the position behind it.
   *
   * @param token the token; a reader gives anything, and takes what is returned
   * @throws PaletteEdgeError CORRECTIONS_INVALID when a token is read that cannot be at this place
   */
  token(token: number): number;
  /** Passes bytes that no token describes: those of a stored block. */
  skip(length: number): void;
  /** The window moved on. */
  rebase(shift: number): void;
}

/** Contexts of a coder for tokens. */
export const tokenContexts = 4096;

const contexts = {
  wrong: 0,
  literalInstead: 512,
  taken: 768,
  sameLength: 784,
  sameDistance: 848,
  longer: 864,
  length: 1024,
  ranked: 3072,
  rank: 3088,
  distance: 3344,
  length284: 3900,
} as const;

/** A model of tokens over a window, for a coder in either direction. */
export function createTokenModel(
  parameters: ModelParameters,
  window: PlainWindow,
  coder: BinaryCoder,
): TokenModel {
  const chain = createHashChain(window, chainHashes[parameters.hash]!);
  const predictor = createChainPredictor(window, chain, parameters);
  const shared = chain.width === 3 && parameters.remembered >= 258;
  const ranked = shared ? chain : createHashChain(window, rankHash);
  const ranks = createMatchRank(window, ranked);
  const corrector = createCorrector({ window, coder, predictor, ranks });
  let history = 0;
  return {
    token(token) {
      const { position } = window;
      const guess = predictor.predict(position);
      const context = contexts.wrong + (guessKind(guess, predictor.match) << 5) + history;
      const plainToken = token < 256 ? 0 : token & ~longLength284;
      const wrong = coder.code(context, plainToken === guess ? 0 : 1);
      history = ((history << 1) | wrong) & 31;
      let actual = guess;
      if (wrong === 1) actual = corrector.correct(guess, plainToken);
      const length = actual === 0 ? 1 : tokenLength(actual);
      if (length > window.end - position)
        throw invalidCorrections('a token goes past the end of the plain bytes');
      window.position = position + length;
      predictor.advance(position, window.position);
      if (actual === 0) return window.bytes[position]!;
      if (length < 258) return actual;
      return coder.code(contexts.length284, token >= longLength284 ? 1 : 0) === 1
        ? actual | longLength284
        : actual;
    },
    skip(length) {
      if (length > window.end - window.position)
        throw invalidCorrections('a stored block has too many bytes');
      window.position += length;
      chain.addThrough(window.position - 1);
      ranked.addThrough(window.position - 1);
    },
    rebase(shift) {
      predictor.rebase(shift);
      if (!shared) ranked.rebase(shift);
    },
  };
}

/** What a guess is like, 0–15: how sure it can be depends on it. */
function guessKind(guess: number, match: number): number {
  if (guess === 0) return match === 0 ? 0 : tokenLength(match) < 6 ? 1 : 2;
  const length = tokenLength(guess);
  const far = tokenDistance(guess) > 4096 ? 1 : 0;
  if (length < 7) return 3 + (length - 3) * 2 + far;
  return length < 12 ? 11 : length < 32 ? 12 : length < 258 ? 13 : 14;
}

interface CorrectorParts {
  readonly window: PlainWindow;
  readonly coder: BinaryCoder;
  readonly predictor: TokenPredictor;
  readonly ranks: MatchRank;
}

/** Codes the tokens that were not guessed; 0 stands for a literal. */
function createCorrector({ window, coder, predictor, ranks }: CorrectorParts): {
  correct(guess: number, token: number): number;
} {
  const codeMatch = (guess: number, token: number): number => {
    const guessed = tokenLength(guess);
    const kind = lengthKind(guessed);
    const actual = tokenLength(token);
    let length = guessed;
    if (guess === 0 || coder.code(contexts.sameLength + kind, actual === guessed ? 0 : 1) === 1) {
      length = codeTree(coder, [contexts.length + (kind << 8), 8], actual - 3) + 3;
      const same = guess !== 0 && coder.code(contexts.sameDistance, distanceIsSame(guess, token)) === 0;
      if (same) return checked(window, matchToken(length, tokenDistance(guess)));
    }
    return checked(window, matchToken(length, codeDistance(length, tokenDistance(token))));
  };
  const codeDistance = (length: number, distance: number): number => {
    const kind = Math.min(length - 3, 3);
    const rank = distance === 0 ? 0 : ranks.rank(window.position, length, distance);
    if (coder.code(contexts.ranked + kind, rank < 0 ? 1 : 0) === 1) {
      const high = codeTree(coder, [contexts.distance, 8], (distance - 1) >>> 7);
      return ((high << 7) | codeTree(coder, [contexts.distance + 256, 7], (distance - 1) & 127)) + 1;
    }
    return ranks.distance(
      window.position,
      length,
      codeNumber(coder, contexts.rank + kind * numberContexts, rank),
    );
  };
  return {
    correct(guess, token) {
      if (guess !== 0) {
        const kind = lengthKind(tokenLength(guess));
        return coder.code(contexts.literalInstead + kind, token === 0 ? 0 : 1) === 0
          ? 0
          : codeMatch(guess, token);
      }
      const { match } = predictor;
      if (match !== 0 && coder.code(contexts.taken, token === match ? 0 : 1) === 0)
        return checked(window, match);
      return codeMatch(0, token);
    },
  };
}

const distanceIsSame = (one: number, other: number): number =>
  tokenDistance(one) === tokenDistance(other) ? 0 : 1;

/** 0 for none, else 1–7. */
function lengthKind(length: number): number {
  if (length < 7) return length < 3 ? 0 : length - 2;
  return length < 16 ? 5 : length < 258 ? 6 : 7;
}

/** The match, if it can be at the window's position. */
function checked({ bytes, position, end }: PlainWindow, token: number): number {
  const length = tokenLength(token);
  const distance = tokenDistance(token);
  if (distance < 1 || distance > position || length > end - position) {
    throw invalidCorrections('a match is outside of the plain bytes');
  }
  if (matchLength(bytes, [position - distance, position], length) < length) {
    throw invalidCorrections('a match differs from the plain bytes');
  }
  return token;
}
