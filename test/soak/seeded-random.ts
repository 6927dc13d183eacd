/** Random numbers that follow from a seed alone. */
export interface SeededRandom {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError when there is nothing to pick */
  pick<T>(choices: readonly T[]): T;
}

/** Mulberry32: small, and good enough to choose faults. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (choices) => {
      const index = integer(0, choices.length - 1);
      for (const picked of choices.slice(index, index + 1)) return picked;
      throw new RangeError('nothing to pick');
    },
  };
}
