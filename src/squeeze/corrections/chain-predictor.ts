import { matchToken, tokenLength } from '../tokens/deflate-block.ts';
import { chainMask, type HashChain } from './hash-chain.ts';
import type { ModelParameters } from './model-parameters.ts';
import type { PlainWindow } from './plain-window.ts';
import type { TokenPredictor } from './token-predictor.ts';

/** Longest match of DEFLATE. */
const longest = 258;

/** Guesses like zlib's matcher: the longest match in a hash chain, given up when the next position has a longer one. */
export function createChainPredictor(
  window: PlainWindow,
  chain: HashChain,
  parameters: ModelParameters,
): TokenPredictor {
  const search = createSearch(window, chain, parameters);
  const { lazy, shortest, remembered } = parameters;
  const none = shortest - 1;
  let foundAt = -1;
  let found = 0;
  return {
    match: 0,
    predict(position) {
      const match = foundAt === position ? found : search.find(position, none);
      this.match = match;
      foundAt = -1;
      if (match === 0) return 0;
      const length = tokenLength(match);
      if (length >= lazy) return match;
      const next = search.find(position + 1, length);
      if (next === 0) return match;
      foundAt = position + 1;
      found = next;
      return 0;
    },
    advance(position, next) {
      search.advance(next - position);
      if (next - position > remembered) chain.leaveOutBefore(next);
    },
    rebase(shift) {
      chain.rebase(shift);
      foundAt -= shift;
    },
  };
}

/** Comparisons that a search may take, per byte of the stream, before it is cut short; far more than real streams need. */
const effortPerByte = 4096;
const mostEffort = 2 ** 24;

interface Search {
  /** A match at a position that is longer than `length`, as a token, or 0. */
  find(position: number, length: number): number;
  /** So many bytes were passed. */
  advance(length: number): void;
}

interface Lengths {
  readonly best: number;
  readonly most: number;
}

function createSearch(window: PlainWindow, chain: HashChain, parameters: ModelParameters): Search {
  const { bytes } = window;
  const { previous, width } = chain;
  const { good, nice, shortest, shortestReach, reach } = parameters;
  let effort = mostEffort;
  const triesFor = (length: number): number => {
    if (effort < 0) return 1;
    return length >= good ? parameters.chain >>> 2 : parameters.chain;
  };
  // What was left out of the chains can lead to newer positions: that is their end.
  const before = (candidate: number): number => {
    const older = previous[candidate & chainMask]!;
    return older < candidate ? older : -1;
  };
  /** How many bytes are alike, or less than that when they are no more than the best. */
  const lengthBeyond = (candidate: number, position: number, { best, most }: Lengths): number => {
    effort--;
    if (bytes[candidate + best] !== bytes[position + best] || bytes[candidate] !== bytes[position]) return 0;
    let same = 1;
    while (same < most && bytes[candidate + same] === bytes[position + same]) same++;
    effort -= same;
    return same;
  };
  return {
    advance(length) {
      effort = Math.min(mostEffort, effort + length * effortPerByte);
    },
    find(position, length) {
      const most = Math.min(longest, window.end - position);
      if (most < width || length >= most) return 0;
      chain.addThrough(position);
      const limit = Math.max(0, position - reach);
      const enough = Math.min(nice, most);
      let best = length;
      let distance = 0;
      let candidate = previous[position & chainMask]!;
      for (let tries = triesFor(length); candidate >= limit && tries > 0; tries--) {
        const same = lengthBeyond(candidate, position, { best, most });
        if (same > best && (same > shortest || position - candidate <= shortestReach)) {
          best = same;
          distance = position - candidate;
          if (best >= enough) break;
        }
        candidate = before(candidate);
      }
      return distance === 0 ? 0 : matchToken(best, distance);
    },
  };
}
