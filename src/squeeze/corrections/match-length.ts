/** How many bytes at two positions are alike, at most so many. */
export function matchLength(
  bytes: Uint8Array,
  [one, other]: readonly [number, number],
  most: number,
): number {
  let length = 0;
  while (length < most && bytes[one + length] === bytes[other + length]) length++;
  return length;
}
