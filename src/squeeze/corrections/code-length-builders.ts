import { HuffmanCode } from '../go/huffman-code.ts';
import { PrefixCode } from '../zlib/prefix-code.ts';

/** Finds the code length of each symbol from how often it occurs. None is longer than `mostBits`. */
export type CodeLengthsBuilder = (counts: Int32Array, mostBits: number) => Uint8Array;

/** As zlib does. It makes up symbols when fewer than two occur. */
export const zlibCodeLengths: CodeLengthsBuilder = (counts, mostBits) => {
  const symbols = counts.length;
  const code = new PrefixCode({ symbols, mostBits, extraBits: new Uint8Array(0), extraFrom: symbols });
  code.frequencies.set(counts);
  code.build();
  return code.lengths.slice(0, symbols);
};

/** As Go does, whose codes are the best there are under the limit. */
export const goCodeLengths: CodeLengthsBuilder = (counts, mostBits) => {
  const code = new HuffmanCode(counts.length);
  code.build(counts, mostBits);
  return code.lengths;
};
