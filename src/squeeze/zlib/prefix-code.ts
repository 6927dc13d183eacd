/** What a code is for. */
export interface PrefixCodeKind {
  readonly symbols: number;
  readonly mostBits: number;
  /** Extra bits that follow some symbols, from symbol `extraFrom` on. */
  readonly extraBits: Uint8Array;
  readonly extraFrom: number;
  /** Lengths of the fixed code instead of this. */
  readonly fixedLengths?: Uint8Array;
}

/**
 * A prefix code made of how often each symbol occurs, as zlib and GNU gzip make it: which of equally good codes, and how too long
 * codes are shortened, is their own (docs/gzip-encoders/zlib.md, "Codes").
 */
export class PrefixCode {
  readonly kind: PrefixCodeKind;
  /** How often each symbol occurs: for the caller to count. Symbols that {@link build} adds become 1. */
  readonly frequencies: Int32Array;
  readonly lengths: Uint8Array;
  /** The code of each symbol, its first bit lowest. */
  readonly codes: Uint16Array;
  /** The last symbol that has a code. */
  lastSymbol = -1;
  /** Bits of all symbols that were counted, with their extra bits. */
  bits = 0;
  /** The same under the fixed code. */
  fixedBits = 0;

  readonly #parents: Int32Array;
  readonly #depths: Uint8Array;
  /** A heap from 1 to #heapLength; behind it nodes in the order they left it, the last first. */
  readonly #heap: Int32Array;
  #heapLength = 0;
  #sorted = 0;
  readonly #lengthCounts = new Int32Array(16);

  constructor(kind: PrefixCodeKind) {
    const nodes = 2 * kind.symbols + 1;
    this.kind = kind;
    this.frequencies = new Int32Array(nodes);
    this.lengths = new Uint8Array(nodes);
    this.codes = new Uint16Array(kind.symbols);
    this.#parents = new Int32Array(nodes);
    this.#depths = new Uint8Array(nodes);
    this.#heap = new Int32Array(nodes);
  }

  /** Forgets what was counted. */
  clear(): void {
    this.frequencies.fill(0);
  }

  /** Makes lengths and codes of the frequencies. */
  build(): void {
    this.bits = 0;
    this.fixedBits = 0;
    this.#collect();
    this.#join();
    this.#assignLengths();
    assignCodes(this.lengths, this.codes, this.lastSymbol);
  }

  #collect(): void {
    const { symbols, fixedLengths } = this.kind;
    this.#heapLength = 0;
    this.lastSymbol = -1;
    this.#depths.fill(0);
    this.lengths.fill(0);
    for (let symbol = 0; symbol < symbols; symbol += 1) {
      if (this.frequencies[symbol] === 0) continue;
      this.#heap[(this.#heapLength += 1)] = symbol;
      this.lastSymbol = symbol;
    }
    // Two codes at least, though decoders would do with one: the symbols added do not count in the size.
    while (this.#heapLength < 2) {
      const added = this.lastSymbol < 2 ? (this.lastSymbol += 1) : 0;
      this.#heap[(this.#heapLength += 1)] = added;
      this.frequencies[added] = 1;
      this.bits -= 1;
      this.fixedBits -= fixedLengths?.[added] ?? 0;
    }
  }

  /** Joins the two rarest nodes until one is left. */
  #join(): void {
    const heap = this.#heap;
    for (let slot = this.#heapLength >> 1; slot >= 1; slot -= 1) this.#siftDown(slot);
    this.#sorted = heap.length;
    let node = this.kind.symbols;
    do {
      const first = heap[1]!;
      heap[1] = heap[this.#heapLength]!;
      this.#heapLength -= 1;
      this.#siftDown(1);
      const second = heap[1];
      heap[(this.#sorted -= 1)] = first;
      heap[(this.#sorted -= 1)] = second;
      this.frequencies[node] = this.frequencies[first]! + this.frequencies[second]!;
      this.#depths[node] = Math.max(this.#depths[first]!, this.#depths[second]!) + 1;
      this.#parents[first] = node;
      this.#parents[second] = node;
      heap[1] = node;
      node += 1;
      this.#siftDown(1);
    } while (this.#heapLength >= 2);
    heap[(this.#sorted -= 1)] = heap[1]!;
  }

  #siftDown(from: number): void {
    const heap = this.#heap;
    const node = heap[from]!;
    let slot = from;
    for (let child = slot << 1; child <= this.#heapLength; child = slot << 1) {
      if (child < this.#heapLength && this.#isRarer(heap[child + 1]!, heap[child]!)) child += 1;
      const lower = heap[child]!;
      if (this.#isRarer(node, lower)) break;
      heap[slot] = lower;
      slot = child;
    }
    heap[slot] = node;
  }

  #isRarer(one: number, other: number): boolean {
    const difference = this.frequencies[one]! - this.frequencies[other]!;
    return difference < 0 || (difference === 0 && this.#depths[one]! <= this.#depths[other]!);
  }

  #assignLengths(): void {
    const { mostBits } = this.kind;
    const counts = this.#lengthCounts.fill(0);
    const { lengths } = this;
    let tooLong = 0;
    lengths[this.#heap[this.#sorted]!] = 0;
    for (let slot = this.#sorted + 1; slot < this.#heap.length; slot += 1) {
      const node = this.#heap[slot]!;
      const length = lengths[this.#parents[node]!]! + 1;
      if (length > mostBits) tooLong += 1;
      const kept = Math.min(length, mostBits);
      lengths[node] = kept;
      if (node < this.kind.symbols) counts[kept]! += 1;
    }
    if (tooLong > 0) this.#shorten(tooLong);
    this.#addUpBits();
  }

  /** Makes room for the codes that were cut, and gives the lengths out anew, the longest to the rarest symbols. */
  #shorten(tooLong: number): void {
    const { mostBits, symbols } = this.kind;
    const counts = this.#lengthCounts;
    for (let left = tooLong; left > 0; left -= 2) {
      let length = mostBits - 1;
      while (counts[length] === 0) length -= 1;
      counts[length]! -= 1;
      counts[length + 1]! += 2;
      counts[mostBits]! -= 1;
    }
    let slot = this.#heap.length;
    for (let length = mostBits; length > 0; length -= 1) {
      for (let left = counts[length]!; left > 0;) {
        const node = this.#heap[(slot -= 1)]!;
        if (node >= symbols) continue;
        this.lengths[node] = length;
        left -= 1;
      }
    }
  }

  #addUpBits(): void {
    const { extraBits, extraFrom, fixedLengths } = this.kind;
    for (let symbol = 0; symbol <= this.lastSymbol; symbol += 1) {
      const frequency = this.frequencies[symbol]!;
      if (frequency === 0) continue;
      const extra = symbol >= extraFrom ? extraBits[symbol - extraFrom]! : 0;
      this.bits += frequency * (this.lengths[symbol]! + extra);
      this.fixedBits += frequency * ((fixedLengths?.[symbol] ?? 0) + extra);
    }
  }
}

/** Fills in the canonical codes of lengths (RFC 1951, section 3.2.2), the first bit of each lowest. */
export function assignCodes(lengths: Uint8Array, codes: Uint16Array, lastSymbol: number): void {
  const counts = new Uint16Array(16);
  for (let symbol = 0; symbol <= lastSymbol; symbol += 1) {
    const length = lengths[symbol]!;
    counts[length]! += 1;
  }
  counts[0] = 0;
  const first = new Uint16Array(16);
  for (let length = 1; length <= 15; length += 1) {
    first[length] = (first[length - 1]! + counts[length - 1]!) << 1;
  }
  for (let symbol = 0; symbol <= lastSymbol; symbol += 1) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    codes[symbol] = reversed(first[length]!, length);
    first[length]! += 1;
  }
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit += 1) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}
