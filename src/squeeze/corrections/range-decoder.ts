import { createProbabilities, learned, probabilityOf, type BinaryCoder } from './binary-coder.ts';
import { invalidCorrections } from './invalid-corrections.ts';

/** How far a decoder may look past the end: zeros at the end are not stored, and it reads ahead. */
const mostMissing = 4096;

/**
 * Reads what a range encoder wrote. Zeros follow the end of the bytes.
 *
 * @throws PaletteEdgeError CORRECTIONS_INVALID from `code`, when the bytes ended long before
 */
export function createRangeDecoder(contexts: number, bytes: Uint8Array): BinaryCoder {
  const probabilities = createProbabilities(contexts);
  const range = Uint32Array.of(0xff_ff_ff_ff);
  const code = new Uint32Array(1);
  let position = 0;
  const next = (): number => {
    if (position < bytes.length) return bytes[position++]!;
    if (position++ > bytes.length + mostMissing) throw invalidCorrections('they end too early');
    return 0;
  };
  for (let count = 0; count < 4; count++) code[0] = (code[0]! << 8) | next();
  return {
    code(context) {
      const state = probabilities[context]!;
      const bound = (range[0]! >>> 16) * probabilityOf(state);
      // The upper part of the range is the 0: the encoder adds the bound to its low end for it.
      const bit = code[0]! < bound ? 1 : 0;
      if (bit === 0) {
        code[0] = code[0]! - bound;
        range[0] = range[0]! - bound;
      } else range[0] = bound;
      probabilities[context] = learned(state, bit);
      while (range[0] < 0x1_00_00_00) {
        range[0] = range[0] << 8;
        code[0] = (code[0]! << 8) | next();
      }
      return bit;
    },
  };
}
