import type { BitSource } from './bit-source.ts';
import type { CodedLengths, StoredBlock } from './deflate-block.ts';
import {
  codeLengthMeanings,
  createPrefixTable,
  distanceMeanings,
  fillPrefixTable,
  literalMeanings,
} from './prefix-table.ts';

/** The tables of the block that is read. */
export class BlockCodes {
  readonly literals = createPrefixTable(10, literalMeanings);
  readonly distances = createPrefixTable(9, distanceMeanings);
  readonly codeLengths = createPrefixTable(7, codeLengthMeanings);
  readonly order = new Uint8Array(19);
  readonly symbols = new Uint16Array(320);
  readonly lengths = new Uint8Array(320);
}

/** Why a head is not valid; meaningless when bits were missing. */
export type Refusal = string;

/** The 19 code lengths in the order they are written (RFC 1951, section 3.2.7). */
const writtenOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const fixedLiterals = Uint8Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < 144 || symbol > 279) return 8;
  return symbol < 256 ? 9 : 7;
});
const fixedDistances = new Uint8Array(32).fill(5);

/** Prepares the tables for a block with fixed codes (RFC 1951, section 3.2.6). */
export function useFixedCodes(codes: BlockCodes): void {
  // The two lengths between are those of codes that mean nothing.
  fixedLiterals.fill(8, 280);
  fillPrefixTable(codes.literals, fixedLiterals);
  fillPrefixTable(codes.distances, fixedDistances);
}

/** Reads what comes before the bytes of a stored block. */
export function readStoredHead(source: BitSource): StoredBlock | Refusal {
  const padding = source.take(-source.bit & 7);
  const length = source.take(16);
  return (source.take(16) ^ 0xffff) === length ? { length, padding } : 'invalid length of a stored block';
}

/** Reads the code lengths of a block, and prepares the tables. Refuses what zlib refuses. */
export function readCodes(source: BitSource, codes: BlockCodes): CodedLengths | Refusal {
  const literals = source.take(5) + 257;
  const distances = source.take(5) + 1;
  const written = source.take(4) + 4;
  if (literals > 286 || distances > 30) return 'too many codes';
  const ordered = new Uint8Array(19);
  for (let index = 0; index < written; index += 1) {
    const length = source.take(3);
    codes.order[index] = length;
    ordered[writtenOrder[index]!] = length;
  }
  if (fillPrefixTable(codes.codeLengths, ordered) !== 0) return 'invalid code of code lengths';
  const count = readSymbols(source, codes, literals + distances);
  if (typeof count === 'string') return count;
  const lengths = codes.lengths.subarray(0, literals + distances);
  if (lengths[256] === 0) return 'no code for the end of a block';
  if (!fits(fillPrefixTable(codes.literals, lengths.subarray(0, literals)))) return 'invalid literal codes';
  if (!fits(fillPrefixTable(codes.distances, lengths.subarray(literals)))) return 'invalid distance codes';
  return {
    literals,
    distances,
    codeLengths: codes.order.subarray(0, written),
    symbols: codes.symbols.subarray(0, count),
    lengths,
  };
}

/** Complete, empty, or a single code of one bit. */
function fits(left: number): boolean {
  return left === 0 || left === 1;
}

/** Of 16, 17 and 18: how many extra bits they have, and how many lengths they say at least. */
const repeats = [
  [2, 3],
  [3, 3],
  [7, 11],
] as const;

/** @returns how many symbols gave all the lengths */
function readSymbols(source: BitSource, codes: BlockCodes, total: number): number | Refusal {
  const { symbols, lengths } = codes;
  let filled = 0;
  let count = 0;
  while (filled < total) {
    const entry = codes.codeLengths.entries[source.take(7)]!;
    source.bit += (entry & 15) - 7;
    if (source.bit > source.end) return 'missing';
    const symbol = (entry & 0x300) === 0 ? entry >>> 10 : 0;
    if (symbol < 16) {
      symbols[count] = symbol;
      lengths[filled] = symbol;
      filled += 1;
    } else {
      const [bits, least] = repeats[symbol - 16]!;
      const extra = source.take(bits);
      const times = least + extra;
      if (filled + times > total || (symbol === 16 && filled === 0)) return 'invalid repeat of a code length';
      symbols[count] = symbol | (extra << 8);
      lengths.fill(symbol === 16 ? lengths[filled - 1]! : 0, filled, filled + times);
      filled += times;
    }
    count += 1;
  }
  return count;
}
