/** Gives numbers from 0 up to a bound, always the same for a seed. */
export type RandomNumbers = (bound: number) => number;

/** Numbers from a seed. */
export function randomNumbers(seed: number): RandomNumbers {
  let state = Math.imul(seed, 0x9e_37_79_b1) | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * bound);
  };
}
