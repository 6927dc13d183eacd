const hashFactor = 0x1e35a7bd;
const hashBits = 17;
const hashShift = 32 - hashBits;
/** How far a match reaches, and by how much the beginning of the window moves. */
const reach = 32_768;
const linkMask = reach - 1;
/** Bytes of Go's window. */
export const windowSize = 2 * reach;
const longestMatch = 258;
/** Shorter matches are none. */
const shortestMatch = 4;
/** Matches of 4 bytes are not taken from farther away. */
const farthestShort = 4096;
/** Bytes that are known before a position is looked at, but for those at the end of the stream. */
const lookahead = shortestMatch + longestMatch;
const capacity = 512 * 1024;

/** How long a search goes on. */
export interface ChainLimits {
  /** Candidates that are tried. */
  readonly chain: number;
  /** A match of so many bytes ends the search. */
  readonly nice: number;
}

/** The plain bytes that levels 2 to 9 see, and where each 4 of them were before (docs/gzip-encoders/go.md, Chains). */
export class ChainWindow {
  /** All positions count from its beginning. One byte behind its end is read, but means nothing. */
  readonly plain = new Uint8Array(capacity + 1);
  /** The next position that is looked at. */
  position = 0;
  /** The end of the known bytes. */
  end = 0;
  /** No more bytes will come. */
  ended = false;
  /** What the last search found: a length of 3 is no match. */
  length = shortestMatch - 1;
  distance = 0;
  /** Where Go's window begins. */
  start = 0;
  /** The position of the stream where `plain` begins. */
  origin = 0;
  /** By hash: the last position and 1. By the lowest bits of a position: the last position before with the same hash, and 1. */
  readonly #heads = new Int32Array(1 << hashBits);
  readonly #links = new Int32Array(reach);
  readonly #chain: number;
  readonly #nice: number;

  constructor({ chain, nice }: ChainLimits) {
    this.#chain = chain;
    this.#nice = nice;
  }

  /** Whether there is no room: bytes that were looked at have to be dropped. */
  get full(): boolean {
    return this.end === capacity;
  }

  /** Adds bytes, as many as there is room for. @returns how many */
  fill(plain: Uint8Array): number {
    const part = plain.subarray(0, capacity - this.end);
    this.plain.set(part, this.end);
    this.end += part.length;
    return part.length;
  }

  /** Drops what is before the window. @returns by how much all positions got smaller: those that are kept outside, too */
  slide(): number {
    const by = this.start;
    this.plain.copyWithin(0, by, this.end);
    this.origin += by;
    this.position -= by;
    this.end -= by;
    this.start = 0;
    for (const table of [this.#heads, this.#links]) {
      for (let index = 0; index < table.length; index++) table[index] = Math.max(0, table[index]! - by);
    }
    return by;
  }

  /** Whether the position can be looked at: not before enough is known, nor at the end. Moves Go's window when it is time. */
  begin(): boolean {
    const left = this.end - this.position;
    if (this.ended ? left <= 0 : left < lookahead) return false;
    if (this.start + windowSize - this.position < lookahead && this.end > this.start + windowSize) {
      this.start += reach;
    }
    return true;
  }

  /** Inserts the positions from `from` up to `to`; but for those with fewer than 4 bytes. */
  insert(from: number, to: number): void {
    const plain = this.plain;
    const heads = this.#heads;
    const links = this.#links;
    const end = Math.min(to, this.end - shortestMatch + 1);
    let word = (plain[from]! << 16) | (plain[from + 1]! << 8) | plain[from + 2]!;
    for (let position = from; position < end; position++) {
      word = (word << 8) | plain[position + 3]!;
      const hash = Math.imul(word, hashFactor) >>> hashShift;
      links[position & linkMask] = heads[hash]!;
      heads[hash] = position + 1;
    }
  }

  /** Inserts the position and, if `searched`, sets `length` and `distance` to its best match; else to none. */
  look(searched: boolean): void {
    const position = this.position;
    this.length = shortestMatch - 1;
    this.distance = 0;
    if (this.end - position < shortestMatch) return;
    const plain = this.plain;
    const word =
      (plain[position]! << 24) |
      (plain[position + 1]! << 16) |
      (plain[position + 2]! << 8) |
      plain[position + 3]!;
    const hash = Math.imul(word, hashFactor) >>> hashShift;
    const head = this.#heads[hash]!;
    this.#links[position & linkMask] = head;
    this.#heads[hash] = position + 1;
    if (searched && head > 0) this.#search(head - 1);
  }

  #search(head: number): void {
    const plain = this.plain;
    const links = this.#links;
    const position = this.position;
    const most = Math.min(longestMatch, this.end - position);
    const nice = Math.min(this.#nice, most);
    const farthest = Math.max(this.start, position - reach);
    const first = plain[position]!;
    let length = shortestMatch - 1;
    let last = plain[position + length]!;
    let tries = this.#chain;
    for (let candidate = head; candidate >= farthest; candidate = links[candidate & linkMask]! - 1) {
      const tail = plain[candidate + length];
      if (tail === last && plain[candidate] === first) {
        const found = this.#matchLength(candidate, most);
        if (found > length && (found > shortestMatch || position - candidate <= farthestShort)) {
          length = found;
          this.distance = position - candidate;
          last = plain[position + length]!;
          tries = found >= nice ? 1 : tries;
        }
      }
      tries -= 1;
      // The link of the farthest one is the position's own already.
      if (tries === 0 || candidate === farthest) break;
    }
    this.length = length;
  }

  /** How many bytes are alike; the first ones are. */
  #matchLength(candidate: number, most: number): number {
    const plain = this.plain;
    const position = this.position;
    let length = 1;
    while (length < most && plain[candidate + length] === plain[position + length]) length += 1;
    return length;
  }
}
