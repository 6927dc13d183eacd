/** All tables have 2^15 entries. */
export const hashSize = 1 << 15;

/** The hash of four bytes, a little-endian word: the top 15 bits of its product with 2,654,435,761. */
export function hashOfFour(word: number): number {
  return Math.imul(word, 0x9e37_79b1) >>> 17;
}

/** The hash of four bytes of old releases' level 1: the top 15 bits of the product with 506,832,829. */
export function oldHashOfFour(word: number): number {
  return Math.imul(word, 0x1e35_a7bd) >>> 17;
}

/**
 * The hash of seven bytes, a little-endian word and the three low bytes of the next one: the top 15 bits of the low 56 bits of their
 * product with the prime 0xcf1bbcdcbfa563.
 */
export function hashOfSeven(low: number, high: number): number {
  const carried = carry(low, 0xdcbf, 0xa563);
  return ((carried + Math.imul(low, 0xcf_1bbc) + Math.imul(high, 0xdcbf_a563)) & 0xff_ffff) >>> 9;
}

/** The hash of five bytes likewise: the top 15 bits of the low 40 bits of their product with the prime 0xcf1bbcdcbb. */
export function hashOfFive(low: number, high: number): number {
  const carried = carry(low, 0x1bbc, 0xdcbb);
  const top = carried + Math.imul(low, 0xcf) + Math.imul(high, 0x1bbc_dcbb);
  return ((top & 0xff) << 7) | (Math.imul(low, 0x1bbc_dcbb) >>> 25);
}

/** The upper word of the product of a word with the word that these halves make. */
function carry(word: number, upper: number, lower: number): number {
  const lowHalf = word & 0xffff;
  const highHalf = word >>> 16;
  const first = Math.imul(highHalf, lower) + (Math.imul(lowHalf, lower) >>> 16);
  const second = Math.imul(lowHalf, upper) + (first & 0xffff);
  return Math.imul(highHalf, upper) + (first >>> 16) + (second >>> 16);
}
