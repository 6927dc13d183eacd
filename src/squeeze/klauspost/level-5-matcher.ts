import { hashOfFour, hashOfSeven, hashSize } from './hashes.ts';
import { maxDistance, MatchHistory } from './match-history.ts';
import type { TokenBuffer } from './token-buffer.ts';
import { leastSearched, type WindowMatcher } from './window-matcher.ts';

/** Bytes before the end of a window where no match begins. */
const margin = 11;
/** Most bytes after the first four that are compared to choose between two matches. */
const comparedBytes = 254;
const longestMatch = 258;
/** A match shorter than this is compared with one that ends where it ends. */
const goodLength = 30;

/** Level 5: docs/gzip-encoders/klauspost.md, "Level 5". Tables of the last position for four bytes, the last two for seven. */
export class Level5Matcher implements WindowMatcher {
  readonly #short = new Int32Array(hashSize);
  readonly #long = new Int32Array(hashSize);
  readonly #older = new Int32Array(hashSize);
  readonly #history = new MatchHistory(this.#short, this.#long, this.#older);
  readonly #skipped: number;
  /** Bytes from here on are not in a token yet. */
  #emitted = 0;
  /** Where the search is; the match it found: its begin, where its bytes are, its length or 0 when not known, the next position. */
  #at = 0;
  #source = 0;
  #length = 0;
  #next = 0;

  constructor(skippedBeginning: number) {
    this.#skipped = skippedBeginning;
  }

  get hasHistory(): boolean {
    return this.#history.length > 0;
  }

  forget(): void {
    this.#history.forget();
  }

  encode(plain: Uint8Array, tokens: TokenBuffer): void {
    const history = this.#history;
    this.#at = history.add(plain);
    this.#emitted = this.#at;
    if (plain.length < leastSearched) return;
    const limit = history.length - margin;
    while (this.#search(limit)) {
      this.#improve(limit);
      tokens.addLiterals(history.bytes, this.#emitted, this.#at);
      tokens.addMatch(this.#length, this.#at - this.#source - 1);
      this.#emitted = this.#at + this.#length;
      this.#at = Math.max(this.#emitted, this.#next + 1);
      if (this.#at >= limit) break;
      this.#insertSkipped(this.#at - this.#length + 1, this.#at - 1);
      this.#insertShort(this.#at - 1);
      this.#insertLong(this.#at - 1);
    }
    if (tokens.length > 0) tokens.addLiterals(history.bytes, this.#emitted, history.length);
  }

  /** Goes on, in steps that grow with the bytes since the last match, until four bytes match. */
  #search(limit: number): boolean {
    const { view, base } = this.#history;
    const short = this.#short;
    const long = this.#long;
    const older = this.#older;
    const emitted = this.#emitted;
    let next = this.#at;
    let word = view.getInt32(next, true);
    let shortHash = hashOfFour(word);
    let longHash = hashOfSeven(word, view.getInt32(next + 4, true));
    for (;;) {
      const at = next;
      next = at + 1 + ((at - emitted) >> 6);
      if (next > limit) return false;
      const shortSource = short[shortHash]! - base;
      const longEntry = long[longHash]!;
      const olderSource = older[longHash]! - base;
      short[shortHash] = at + base;
      older[longHash] = longEntry;
      long[longHash] = at + base;
      const nextWord = view.getInt32(next, true);
      shortHash = hashOfFour(nextWord);
      longHash = hashOfSeven(nextWord, view.getInt32(next + 4, true));
      const longSource = longEntry - base;
      if (at - longSource < maxDistance) {
        if (view.getInt32(longSource, true) === word)
          return this.#takeLong(this.#found(at, next, longSource), olderSource);
        if (at - olderSource < maxDistance && view.getInt32(olderSource, true) === word) {
          this.#found(at, next, olderSource);
          return this.#insertNext();
        }
      }
      if (at - shortSource < maxDistance && view.getInt32(shortSource, true) === word) {
        this.#found(at, next, shortSource);
        return this.#takeShort();
      }
      word = nextWord;
    }
  }

  /** Keeps where a match was found. */
  #found(at: number, next: number, source: number): number {
    this.#at = at;
    this.#next = next;
    this.#source = source;
    this.#length = 0;
    return at;
  }

  #insertNext(): true {
    this.#insertShort(this.#next);
    this.#insertLong(this.#next);
    return true;
  }

  /** The last position of seven bytes matches; the one before it is better when its match is longer. */
  #takeLong(at: number, olderSource: number): true {
    const { view } = this.#history;
    if (at - olderSource < maxDistance && view.getInt32(olderSource, true) === view.getInt32(at, true)) {
      this.#length = this.#compare(at, this.#source);
      this.#takeIfLonger(at, olderSource);
    }
    return this.#insertNext();
  }

  /** Only four bytes were looked up; a longer match at the next position that was found by seven is better. */
  #takeShort(): true {
    const { view, base } = this.#history;
    const next = this.#next;
    const word = view.getInt32(next, true);
    this.#length = this.#compare(this.#at, this.#source);
    const hash = hashOfSeven(word, view.getInt32(next + 4, true));
    const longSource = this.#long[hash]! - base;
    const olderSource = this.#older[hash]! - base;
    this.#insertNext();
    if (next - longSource >= maxDistance) return true;
    if (view.getInt32(longSource, true) === word && this.#takeIfLonger(next, longSource)) return true;
    if (next - olderSource < maxDistance && view.getInt32(olderSource, true) === word)
      this.#takeIfLonger(next, olderSource);
    return true;
  }

  #takeIfLonger(at: number, source: number): boolean {
    const length = this.#compare(at, source);
    if (length <= this.#length) return false;
    this.#at = at;
    this.#source = source;
    this.#length = length;
    return true;
  }

  /** The length of a match whose first four bytes are known to be equal, as far as it matters for a choice. */
  #compare(at: number, source: number): number {
    const history = this.#history;
    return history.equalBytes(at + 4, source + 4, Math.min(at + 4 + comparedBytes, history.length)) + 4;
  }

  /** Extends the match to its end, tries another that ends later, and extends it to its begin. */
  #improve(limit: number): void {
    const history = this.#history;
    if (this.#length === 0) {
      this.#length = history.equalBytes(this.#at + 4, this.#source + 4, history.length) + 4;
    } else if (this.#length === longestMatch) {
      this.#length += history.equalBytes(
        this.#at + longestMatch,
        this.#source + longestMatch,
        history.length,
      );
    }
    if (this.#length < goodLength && this.#at + this.#length < limit) this.#tryEnd(this.#at + this.#length);
    const { bytes } = history;
    let at = this.#at;
    let source = this.#source;
    while (source > 0 && at > this.#emitted && bytes[source - 1] === bytes[at - 1]) {
      source--;
      at--;
    }
    this.#length += this.#at - at;
    this.#at = at;
    this.#source = source;
  }

  /** Tries the last position of the seven bytes after the match, so far back that its match would begin with this one. */
  #tryEnd(end: number): void {
    const { view, base, length } = this.#history;
    const entry = this.#long[hashOfSeven(view.getInt32(end, true), view.getInt32(end + 4, true))]!;
    const source = entry - base - this.#length + this.#skipped;
    const at = this.#at + this.#skipped;
    const distance = at - source;
    if (source < 0 || distance >= maxDistance || distance <= 0) return;
    const equal = this.#history.equalBytes(at, source, length);
    if (equal <= this.#length) return;
    this.#at = at;
    this.#source = source;
    this.#length = equal;
  }

  /** Inserts some of the positions inside a match: the first three, then of every three one by seven bytes, the next by four. */
  #insertSkipped(from: number, end: number): void {
    if (from >= end) return;
    this.#insertShort(from);
    this.#insertLong(from);
    this.#insertLong(from + 1);
    this.#insertShort(from + 2);
    for (let at = from + 4; at < end; at += 3) {
      this.#insertLong(at);
      this.#insertShort(at + 1);
    }
  }

  #insertShort(at: number): void {
    const { view, base } = this.#history;
    this.#short[hashOfFour(view.getInt32(at, true))] = at + base;
  }

  #insertLong(at: number): void {
    const { view, base } = this.#history;
    const hash = hashOfSeven(view.getInt32(at, true), view.getInt32(at + 4, true));
    this.#older[hash] = this.#long[hash]!;
    this.#long[hash] = at + base;
  }
}
