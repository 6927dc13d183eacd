import type { BitWriter } from '../tokens/bit-writer.ts';
import type { HuffmanCode } from './huffman-code.ts';
import { distanceBase, distanceExtraBits, lengthBase, lengthCodes, lengthExtraBits } from './match-codes.ts';
import type { TokenBuffer } from './token-buffer.ts';

/** Writes all tokens with these codes. */
export function writeTokens(
  { tokens, length }: TokenBuffer,
  writer: BitWriter,
  { literals, distances }: { readonly literals: HuffmanCode; readonly distances: HuffmanCode },
): void {
  const { codes, lengths } = literals;
  for (let index = 0; index < length; index++) {
    const token = tokens[index]!;
    if (token <= 256) {
      writer.bits(codes[token]!, lengths[token]!);
      continue;
    }
    const matchLength = (token >> 22) & 255;
    const lengthCode = lengthCodes[matchLength]!;
    writer.bits(codes[257 + lengthCode]!, lengths[257 + lengthCode]!);
    writer.bits(matchLength - lengthBase[lengthCode]!, lengthExtraBits[lengthCode]!);
    const distanceCode = (token >> 16) & 31;
    writer.bits(distances.codes[distanceCode]!, distances.lengths[distanceCode]!);
    writer.bits((token & 0xffff) - distanceBase[distanceCode]!, distanceExtraBits[distanceCode]!);
  }
}
