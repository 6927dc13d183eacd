import type { DeflateSink } from '../deflate-encoder.ts';
import { BitWriter } from '../tokens/bit-writer.ts';
import {
  longLength284,
  tokenDistance,
  tokenLength,
  type CodedLengths,
  type StoredBlock,
} from '../tokens/deflate-block.ts';
import {
  distanceBases,
  distanceExtraBits,
  distanceSymbolOf,
  lengthBases,
  lengthExtraBits,
  lengthSymbolOf,
} from '../zlib/deflate-symbols.ts';
import { invalidCorrections } from './invalid-corrections.ts';
import { codeLengthOrder } from './tree-coding.ts';

/** Writes blocks of a DEFLATE stream as they are described. */
export interface BlockWriter {
  /** The head of a stored block; its bytes follow with `bytes`. */
  stored(final: boolean, stored: StoredBlock): void;
  bytes(bytes: Uint8Array): void;
  /** The head of a block with fixed codes, or with these. */
  coded(final: boolean, codes?: CodedLengths): void;
  /** @throws PaletteEdgeError CORRECTIONS_INVALID when a token has no code */
  tokens(tokens: Int32Array): void;
  /** The end of a block with codes. */
  end(): void;
  /** The end of the stream. */
  finish(padding: number): void;
}

const endOfBlock = 256;

/** A code by symbol: the bits, the first lowest, and from bit 16 on how many they are. */
type Code = Uint32Array;

/** A writer at the beginning of a stream. */
export function createBlockWriter(sink: DeflateSink): BlockWriter {
  const writer = new BitWriter(sink);
  const literals: Code = new Uint32Array(288);
  const distances: Code = new Uint32Array(32);
  const put = (code: number): void => {
    if (code === 0) throw invalidCorrections('a token has no code');
    writer.bits(code & 0xffff, code >>> 16);
  };
  const putMatch = (token: number): void => {
    const length = tokenLength(token) - 3;
    const symbol = token >= longLength284 ? 27 : lengthSymbolOf[length]!;
    put(literals[257 + symbol]!);
    writer.bits(length - lengthBases[symbol]!, lengthExtraBits[symbol]!);
    const offset = tokenDistance(token) - 1;
    const distance = distanceSymbolOf(offset);
    put(distances[distance]!);
    writer.bits(offset - distanceBases[distance]!, distanceExtraBits[distance]!);
  };
  return {
    stored(final, { length, padding }) {
      writer.bits(final ? 1 : 0, 3);
      writer.align(padding);
      writer.bits(length, 16);
      writer.bits(length ^ 0xffff, 16);
    },
    bytes: (bytes) => writer.bytes(bytes),
    coded(final, codes) {
      writer.bits((final ? 1 : 0) | (codes === undefined ? 2 : 4), 3);
      if (codes !== undefined) writeCodeLengths(writer, codes);
      makeCode(literals, codes === undefined ? fixedLiterals : codes.lengths.subarray(0, codes.literals));
      makeCode(distances, codes === undefined ? fixedDistances : codes.lengths.subarray(codes.literals));
    },
    tokens(tokens) {
      for (const token of tokens) {
        if (token < 256) put(literals[token]!);
        else putMatch(token);
      }
    },
    end: () => put(literals[endOfBlock]!),
    finish(padding) {
      writer.align(padding);
      writer.flush();
    },
  };
}

const fixedLiterals = Uint8Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < 144 || symbol > 279) return 8;
  return symbol < 256 ? 9 : 7;
});
const fixedDistances = new Uint8Array(32).fill(5);

/** Gives each symbol the code of its length (RFC 1951, section 3.2.2). */
function makeCode(code: Code, lengths: Uint8Array): void {
  const used = new Uint16Array(17);
  for (const length of lengths) if (length > 0) used[length + 1]!++;
  const next = new Uint16Array(16);
  for (let length = 1; length < 16; length++) next[length] = (next[length - 1]! + used[length]!) << 1;
  code.fill(0);
  lengths.forEach((length, symbol) => {
    if (length > 0) code[symbol] = reversed(next[length]!++, length) | (length << 16);
  });
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let bit = 0; bit < length; bit++) bits |= ((code >>> bit) & 1) << (length - 1 - bit);
  return bits;
}

/** The description of the codes (RFC 1951, section 3.2.7). */
function writeCodeLengths(writer: BitWriter, codes: CodedLengths): void {
  writer.bits(codes.literals - 257, 5);
  writer.bits(codes.distances - 1, 5);
  writer.bits(codes.codeLengths.length - 4, 4);
  const lengths = new Uint8Array(19);
  codes.codeLengths.forEach((length, index) => {
    lengths[codeLengthOrder[index]!] = length;
    writer.bits(length, 3);
  });
  const code = new Uint32Array(19);
  makeCode(code, lengths);
  for (const symbol of codes.symbols) {
    const kind = symbol & 0xff;
    const bits = code[kind]!;
    if (bits === 0) throw invalidCorrections('a code length has no code');
    writer.bits(bits & 0xffff, bits >>> 16);
    if (kind >= 16) writer.bits(symbol >>> 8, kind === 18 ? 7 : kind - 14);
  }
}
