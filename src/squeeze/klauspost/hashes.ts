/** All tables have 2^15 entries. */
export const hashSize = 1 << 15;

/** The hash of four bytes, a little-endian word: the top 15 bits of its product with 2,654,435,761. */
export function hashOfFour(word: number): number {
  return Math.imul(word, 0x9e37_79b1) >>> 17;
}

/**
 * The hash of seven bytes, a little-endian word and the three low bytes of the next one: the top 15 bits of the low 56 bits of their
 * product with the prime 0xcf1bbcdcbfa563.
 */
export function hashOfSeven(low: number, high: number): number {
  const lowHalf = low & 0xffff;
  const highHalf = low >>> 16;
  const first = Math.imul(highHalf, 0xa563) + (Math.imul(lowHalf, 0xa563) >>> 16);
  const second = Math.imul(lowHalf, 0xdcbf) + (first & 0xffff);
  const carried = Math.imul(highHalf, 0xdcbf) + (first >>> 16) + (second >>> 16);
  return ((carried + Math.imul(low, 0xcf_1bbc) + Math.imul(high, 0xdcbf_a563)) & 0xff_ffff) >>> 9;
}
