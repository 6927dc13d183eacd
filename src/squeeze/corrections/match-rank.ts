import type { HashChain } from './hash-chain.ts';
import { chainMask } from './hash-chain.ts';
import { matchLength } from './match-length.ts';
import type { PlainWindow } from './plain-window.ts';

/** Candidates that are looked at for a rank, and bytes that are compared: they bound the time, whatever the plain bytes are. */
const mostTried = 512;
const mostCompared = 16 * 1024;

/** Names a distance by its rank among the positions from which the length can be copied, nearest first. */
export interface MatchRank {
  /** The rank of a distance, or -1 when it is not found. */
  rank(position: number, length: number, distance: number): number;
  /** The distance with a rank, or 0 when there is none. */
  distance(position: number, length: number, rank: number): number;
}

/** Ranks in a chain of the window that has all positions. */
export function createMatchRank({ bytes }: PlainWindow, chain: HashChain): MatchRank {
  const { previous } = chain;
  const walk = (
    position: number,
    length: number,
    stop: (distance: number, rank: number) => boolean,
  ): number => {
    chain.addThrough(position);
    let rank = 0;
    let compared = 0;
    let candidate = previous[position & chainMask]!;
    for (let tries = 0; tries < mostTried && candidate >= 0 && position - candidate <= 32_768; tries++) {
      if (compared > mostCompared) break;
      const same = matchLength(bytes, [candidate, position], length);
      compared += same;
      if (same === length) {
        if (stop(position - candidate, rank)) return pack(position - candidate, rank);
        rank++;
      }
      const older = previous[candidate & chainMask]!;
      if (older >= candidate) break;
      candidate = older;
    }
    return -1;
  };
  return {
    rank: (position, length, distance) => {
      const found = walk(position, length, (candidate) => candidate >= distance);
      return found >= 0 && distanceOf(found) === distance ? rankOf(found) : -1;
    },
    distance: (position, length, rank) => {
      const found = walk(position, length, (_, reached) => reached === rank);
      return found < 0 ? 0 : distanceOf(found);
    },
  };
}

// A distance of up to 32,768 and a rank below mostTried in one number.
const pack = (distance: number, rank: number): number => rank * 65_536 + distance;
const distanceOf = (packed: number): number => packed & 0xffff;
const rankOf = (packed: number): number => packed >>> 16;
