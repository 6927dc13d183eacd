import { HuffmanCode } from './huffman-code.ts';

/** RFC 1951, section 3.2.6. */
export const fixedLiteralCode = HuffmanCode.ofLengths(
  Uint8Array.from({ length: 288 }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
);

/** RFC 1951, section 3.2.6. */
export const fixedDistanceCode = HuffmanCode.ofLengths(new Uint8Array(30).fill(5));
