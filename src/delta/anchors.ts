/** Called for each anchor: a number that says what is there, and where: the position of the byte behind it. */
export type AnchorVisitor = (hash: number, end: number) => void;

const hashedLength = 48;

/**
 * Visits places that the bytes themselves choose, one in `2 ** bits` on average, so that equal content has equal anchors wherever it
 * lies. The hash is of the 48 bytes before the place. Runs of one byte have at most one.
 */
export function visitAnchors(bytes: Uint8Array, bits: number, visit: AnchorVisitor): void {
  const shift = 32 - bits;
  let rolling = 0;
  let last = 0;
  for (let at = 0; at < bytes.length; at++) {
    rolling = ((rolling << 1) + gears[bytes[at]!]!) | 0;
    if (rolling >>> shift !== 0) continue;
    if (rolling === last || at < hashedLength - 1) continue;
    last = rolling;
    visit(hashOf(bytes, at + 1), at + 1);
  }
}

function hashOf(bytes: Uint8Array, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = end - hashedLength; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** One number for each byte, the same on every machine; each is shifted out again after 32 bytes. */
const gears = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = Math.imul(byte + 1, 0x9e3779b1);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) | 0;
});
