/**
 * A table that decodes a Huffman code of DEFLATE (RFC 1951, section 3.2.2) in one or two steps. An entry, from its lowest bits:
 * 4 bits length of the code, 4 bits number of extra bits, 2 bits {@link literalEntry} and so on, then the value.
 */
export interface PrefixTable {
  readonly entries: Int32Array;
  /** How many bits the first step looks at. */
  readonly root: number;
  /** For each symbol its entry without the length of the code. */
  readonly meanings: Int32Array;
}

/** The two bits that say what an entry is. */
export const entryKind = 3 << 8;
/** The value is a literal, or whatever the symbol means. */
export const literalEntry = 0;
/** The value is the smallest length or distance; extra bits are added. */
const baseEntry = 1 << 8;
/** Value 0: the end of the block. Value 1: a code that means nothing. */
export const specialEntry = 2 << 8;
/** The value is where the second step looks; the extra bits say how many bits it looks at. */
export const nextEntry = 3 << 8;

/** The longest code of DEFLATE. */
const longest = 15;
const invalidEntry = (1 << 10) | specialEntry;

/** A table without a code in it. */
export function createPrefixTable(root: number, meanings: Int32Array): PrefixTable {
  // Of the codes that are longer than the first step, two at least share a table of the second one.
  const entries = (1 << root) + (meanings.length >> 1) * (1 << (longest - root));
  return { entries: new Int32Array(entries), root, meanings };
}

/** 288 symbols of literals and lengths (RFC 1951, section 3.2.5). */
export const literalMeanings = Int32Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < 256) return literalEntry | (symbol << 10);
  if (symbol === 256) return specialEntry;
  if (symbol === 285) return baseEntry | (258 << 10);
  if (symbol > 285) return invalidEntry;
  const index = symbol - 257;
  const extra = Math.max(0, (index >> 2) - 1);
  return baseEntry | (extra << 4) | ((index < 4 ? index + 3 : ((4 + (index & 3)) << extra) + 3) << 10);
});

/** 32 symbols of distances (RFC 1951, section 3.2.5). */
export const distanceMeanings = Int32Array.from({ length: 32 }, (_, symbol) => {
  if (symbol > 29) return invalidEntry;
  const extra = Math.max(0, (symbol >> 1) - 1);
  return baseEntry | (extra << 4) | ((symbol < 2 ? symbol + 1 : ((2 + (symbol & 1)) << extra) + 1) << 10);
});

/** 19 symbols of code lengths. */
export const codeLengthMeanings = Int32Array.from({ length: 19 }, (_, symbol) => symbol << 10);

/**
 * Fills the table with the code of these lengths.
 *
 * @param lengths of the symbols from 0 on; 0 for a symbol without a code
 * @returns how far the code is from a complete one: 0 for complete or empty, below 0 for impossible lengths; above 0 for an incomplete
 *   one, or 1 when that has a single code of one bit
 */
export function fillPrefixTable(table: PrefixTable, lengths: Uint8Array): number {
  const counts = new Uint16Array(longest + 1);
  for (const length of lengths) counts[length]! += 1;
  const unused = counts[0]!;
  counts[0] = 0;
  table.entries.fill(invalidEntry | 1, 0, 1 << table.root);
  if (unused === lengths.length) return 0;
  const left = leftOver(counts);
  if (left > 0 && !(unused === lengths.length - 1 && counts[1] === 1)) return 2;
  if (left >= 0) placeCodes(table, sortByLength(lengths, counts), lengths);
  return left > 0 ? 1 : left;
}

/** What of the code space is left over. */
function leftOver(counts: Uint16Array): number {
  let left = 1;
  for (let length = 1; length <= longest; length += 1) {
    left = left * 2 - counts[length]!;
    if (left < 0) return -1;
  }
  return left;
}

/** The symbols that have a code, in the order of the codes. */
function sortByLength(lengths: Uint8Array, counts: Uint16Array): Uint16Array {
  const starts = new Uint16Array(longest + 2);
  for (let length = 1; length <= longest; length += 1) starts[length + 1] = starts[length]! + counts[length]!;
  const sorted = new Uint16Array(starts[longest + 1]!);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    const length = lengths[symbol]!;
    if (length > 0) sorted[starts[length]!++] = symbol;
  }
  return sorted;
}

function placeCodes(table: PrefixTable, sorted: Uint16Array, lengths: Uint8Array): void {
  const { entries, root, meanings } = table;
  let code = 0;
  let codeLength = 0;
  let free = 1 << root;
  for (let index = 0; index < sorted.length; index += 1) {
    const symbol = sorted[index]!;
    const length = lengths[symbol]!;
    code <<= length - codeLength;
    codeLength = length;
    const first = reversed(code, length);
    code += 1;
    if (length <= root) {
      for (let at = first; at < 1 << root; at += 1 << length) entries[at] = meanings[symbol]! | length;
      continue;
    }
    const prefix = first & ((1 << root) - 1);
    if ((entries[prefix]! & entryKind) !== nextEntry) {
      const bits = secondBits({ sorted, lengths, index, code: code - 1, root });
      entries[prefix] = nextEntry | (bits << 4) | (free << 10);
      free += 1 << bits;
    }
    const second = entries[prefix]!;
    const [start, end] = [second >>> 10, 1 << ((second >>> 4) & 15)];
    for (let at = first >> root; at < end; at += 1 << (length - root)) {
      entries[start + at] = meanings[symbol]! | length;
    }
  }
}

interface SecondStep {
  readonly sorted: Uint16Array;
  readonly lengths: Uint8Array;
  /** The first symbol of the second table, and its code. */
  readonly index: number;
  readonly code: number;
  readonly root: number;
}

/** How many bits the codes have, from this one on, that share its first bits. */
function secondBits({ sorted, lengths, index, code, root }: SecondStep): number {
  const first = lengths[sorted[index]!]!;
  let bits = first - root;
  let length = first;
  // All codes of the same first bits follow each other, the longest last.
  const prefix = code >> bits;
  let next = code;
  for (let at = index; at < sorted.length; at += 1) {
    const own = lengths[sorted[at]!]!;
    next <<= own - length;
    length = own;
    if (next >> (own - root) !== prefix) break;
    bits = own - root;
    next += 1;
  }
  return bits;
}

/** DEFLATE writes codes from their highest bit on. */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit += 1) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}
