import type { BinaryCoder } from './binary-coder.ts';
import { invalidCorrections } from './invalid-corrections.ts';

/** Contexts that {@link codeNumber} takes from its first on. */
export const numberContexts = 64;

/** Codes a number of so many bits, highest bit first. It takes `2 ** bits` contexts from `first` on. */
export function codeTree(
  coder: BinaryCoder,
  [first, bits]: readonly [number, number],
  value: number,
): number {
  let node = 1;
  for (let bit = bits - 1; bit >= 0; bit--)
    node = (node << 1) | coder.code(first + node, (value >>> bit) & 1);
  return node - (1 << bits);
}

/**
 * Codes a number of up to 30 bits; small ones are short.
 *
 * @throws PaletteEdgeError CORRECTIONS_INVALID when what is read is no such number
 */
export function codeNumber(coder: BinaryCoder, first: number, value: number): number {
  const width = 32 - Math.clz32(value + 1);
  let bits = 1;
  while (coder.code(first + bits, bits < width ? 1 : 0) === 1) {
    if (++bits > 31) throw invalidCorrections('a number is too large');
  }
  let result = 1;
  for (let bit = bits - 2; bit >= 0; bit--) {
    result = (result << 1) | coder.code(first + 32 + bit, ((value + 1) >>> bit) & 1);
  }
  return result - 1;
}
