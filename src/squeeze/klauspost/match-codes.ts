/** RFC 1951, section 3.2.5: extra bits of the length codes 257 to 285. */
export const lengthExtraBits = Uint8Array.of(
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  3,
  3,
  3,
  3,
  4,
  4,
  4,
  4,
  5,
  5,
  5,
  5,
  0,
);

/** RFC 1951, section 3.2.5: extra bits of the distance codes 0 to 29. */
export const distanceExtraBits = Uint8Array.from({ length: 30 }, (_, code) =>
  code < 4 ? 0 : (code >> 1) - 1,
);

/** The least length − 3 of each length code, from code 257. */
export const lengthBase = Uint8Array.from({ length: 29 }, (_, code) =>
  code === 28 ? 255 : sumBefore(lengthExtraBits, code),
);

/** The least distance − 1 of each distance code. */
export const distanceBase = Uint16Array.from({ length: 30 }, (_, code) => sumBefore(distanceExtraBits, code));

/** Length − 3 → length code − 257. */
export const lengthCodes = Uint8Array.from({ length: 256 }, (_, length) => lastAtMost(lengthBase, length));

const nearDistanceCodes = Uint8Array.from({ length: 256 }, (_, distance) =>
  lastAtMost(distanceBase, distance),
);
const farDistanceCodes = Uint8Array.from({ length: 256 }, (_, part) => lastAtMost(distanceBase, part << 7));

/** The code of a distance that is less by one. */
export function distanceCodeOf(distance: number): number {
  return distance < 256 ? nearDistanceCodes[distance]! : farDistanceCodes[distance >> 7]!;
}

function sumBefore(extraBits: Uint8Array, code: number): number {
  return extraBits.subarray(0, code).reduce((sum, bits) => sum + (1 << bits), 0);
}

function lastAtMost(bases: Uint8Array | Uint16Array, value: number): number {
  return bases.findLastIndex((base) => base <= value);
}
