import { matchToken, mostStored } from './block-writer.ts';

const hashFactor = 0x1e35a7bd;
const hashShift = 32 - 14;
const entries = 1 << 14;
const longestMatch = 258;
const farthest = 32_768;
/** No position is looked at that has fewer bytes behind it. */
const margin = 15;
/** Finds the matches of level 1 (docs/gzip-encoders/go.md, Level 1). */
export class FastMatcher {
  /** The block before, and from {@link mostStored} on this one. */
  readonly plain = new Uint8Array(2 * mostStored);
  /** The tokens of the block that was looked at last. */
  readonly tokens = new Int32Array(mostStored);
  #count = 0;
  /** By hash: a position, as a distance from where the stream began or was moved to, and the 4 bytes there. */
  readonly #positions = new Int32Array(entries);
  readonly #words = new Int32Array(entries);
  /** The position of `plain[0]`. The empty table is too far away from the first block. */
  #origin = 0;
  #end = 0;
  /** Up to where there are tokens. */
  #done = 0;
  #candidate = 0;
  readonly #movedAt: number;

  /** @param movedAt the positions are made small again when they are there: this changes nothing but keeps them in 31 bits */
  constructor(movedAt: number = 2 ** 30) {
    this.#movedAt = movedAt;
  }

  /**
   * Fills `tokens` for the block of the `length` bytes at {@link mostStored} in `plain`: at least 128.
   *
   * @returns how many tokens
   */
  match(length: number): number {
    this.#count = 0;
    this.#end = mostStored + length;
    this.#done = mostStored;
    const limit = this.#end - margin;
    for (let position = this.#search(mostStored, limit); position > 0;) {
      this.#addLiterals(position);
      const next = this.#addMatches(position, limit);
      position = next === 0 ? 0 : this.#search(next, limit);
    }
    this.#addLiterals(this.#end);
    return this.#count;
  }

  /** Goes on to the next block: what was this one is the one before. */
  advance(): void {
    this.plain.copyWithin(0, mostStored);
    this.#origin += mostStored;
    if (this.#origin < this.#movedAt) return;
    const down = this.#origin - mostStored;
    for (let hash = 0; hash < entries; hash++) {
      this.#positions[hash] = Math.max(0, this.#positions[hash]! - down);
    }
    this.#origin = mostStored;
  }

  /** @returns the first position from `start` on with a match, or 0: the longer there is none, the fewer are looked at */
  #search(start: number, limit: number): number {
    const plain = this.plain;
    const positions = this.#positions;
    const words = this.#words;
    const origin = this.#origin;
    let word = wordAt(plain, start);
    let skip = 32;
    for (let position = start; ;) {
      const next = position + (skip >>> 5);
      if (next > limit) return 0;
      skip += skip >>> 5;
      const hash = Math.imul(word, hashFactor) >>> hashShift;
      const candidate = positions[hash]! - origin;
      const candidateWord = words[hash]!;
      positions[hash] = position + origin;
      words[hash] = word;
      if (candidateWord === word && position - candidate <= farthest) {
        this.#candidate = candidate;
        return position;
      }
      word = wordAt(plain, next);
      position = next;
    }
  }

  /**
   * Adds the match that was found, and those that begin right at its end.
   *
   * @returns where to search on, or 0 at the end of the block
   */
  #addMatches(start: number, limit: number): number {
    let position = start;
    for (;;) {
      const length = this.#lengthOf(this.#candidate, position);
      this.tokens[this.#count++] = matchToken(length, position - this.#candidate);
      position += length;
      this.#done = position;
      if (position >= limit) return 0;
      this.#exchange(position - 1);
      if (!this.#exchange(position)) return position + 1;
    }
  }

  /** Writes a position to the table, and tells whether what was there is a match. */
  #exchange(position: number): boolean {
    const word = wordAt(this.plain, position);
    const hash = Math.imul(word, hashFactor) >>> hashShift;
    const candidate = this.#positions[hash]! - this.#origin;
    const candidateWord = this.#words[hash];
    const matches = candidateWord === word && position - candidate <= farthest;
    this.#positions[hash] = position + this.#origin;
    this.#words[hash] = word;
    this.#candidate = candidate;
    return matches;
  }

  #lengthOf(candidate: number, position: number): number {
    const plain = this.plain;
    const most = Math.min(longestMatch, this.#end - position);
    let length = 4;
    while (length < most && plain[candidate + length] === plain[position + length]) length += 1;
    return length;
  }

  #addLiterals(end: number): void {
    let count = this.#count;
    for (let position = this.#done; position < end; position++) {
      this.tokens[count++] = this.plain[position]!;
    }
    this.#count = count;
  }
}

/** 4 bytes, the first of them lowest. */
function wordAt(plain: Uint8Array, at: number): number {
  return plain[at]! | (plain[at + 1]! << 8) | (plain[at + 2]! << 16) | (plain[at + 3]! << 24);
}
