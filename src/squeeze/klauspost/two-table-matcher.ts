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

/** How matches are looked for. */
export interface TwoTableParameters {
  readonly level: 5 | 6;
  /** Bytes at the beginning of a match that may differ when another one is looked for at its end. */
  readonly skippedBeginning: number;
}

/** Levels 5 and 6 (docs/gzip-encoders/klauspost.md): tables of the last position of four bytes, and of the last two of seven. */
export class TwoTableMatcher implements WindowMatcher {
  readonly #short = new Int32Array(hashSize);
  readonly #long = new Int32Array(hashSize);
  readonly #older = new Int32Array(hashSize);
  readonly #history = new MatchHistory(this.#short, this.#long, this.#older);
  readonly #skipped: number;
  readonly #isSixth: boolean;
  /** The steps of the search grow by one each 2^this bytes. */
  readonly #growth: number;
  /** Bytes from here on are not in a token yet. */
  #emitted = 0;
  /** Where the search is; the match it found: its begin, where its bytes are, its length or 0 when not known, the next position. */
  #at = 0;
  #source = 0;
  #length = 0;
  #next = 0;
  /** Level 6: the distance of the match before. */
  #distance = 1;

  constructor({ level, skippedBeginning }: TwoTableParameters) {
    this.#skipped = skippedBeginning;
    this.#isSixth = level === 6;
    this.#growth = level === 6 ? 7 : 6;
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
    this.#distance = 1;
    const limit = history.length - margin;
    while (this.#search(limit)) {
      this.#improve(limit);
      this.#distance = this.#at - this.#source;
      tokens.addLiterals(history.bytes, this.#emitted, this.#at);
      tokens.addMatch(this.#length, this.#distance - 1);
      this.#emitted = this.#at + this.#length;
      this.#at = Math.max(this.#emitted, this.#next + 1);
      if (this.#isSixth) this.#insertMost(limit);
      if (this.#at >= limit) break;
      if (!this.#isSixth) this.#insertSome();
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
    const growth = this.#growth;
    let next = this.#at;
    let word = view.getInt32(next, true);
    let shortHash = hashOfFour(word);
    let longHash = hashOfSeven(word, view.getInt32(next + 4, true));
    for (;;) {
      const at = next;
      next = at + 1 + ((at - emitted) >> growth);
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
        if (view.getInt32(longSource, true) === word) {
          this.#found(at, next, longSource);
          return this.#takeLong(olderSource);
        }
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
  #found(at: number, next: number, source: number): void {
    this.#at = at;
    this.#next = next;
    this.#source = source;
    this.#length = 0;
  }

  #insertNext(): true {
    this.#insertShort(this.#next);
    this.#insertLong(this.#next);
    return true;
  }

  /** The last position of seven bytes matches; the one before it is better when its match is longer. */
  #takeLong(olderSource: number): true {
    const { view } = this.#history;
    const at = this.#at;
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
    if (this.#isSixth && this.#takeRepeat()) return true;
    if (next - longSource >= maxDistance) return true;
    const isTaken = view.getInt32(longSource, true) === word && this.#takeIfLonger(next, longSource);
    if (isTaken && !this.#isSixth) return true;
    if (next - olderSource < maxDistance && view.getInt32(olderSource, true) === word)
      this.#takeIfLonger(next, olderSource);
    return true;
  }

  /** Tries the distance of the match before, from the next byte on. */
  #takeRepeat(): boolean {
    const { view } = this.#history;
    const at = this.#at + 1;
    const source = at - this.#distance;
    return view.getInt32(source, true) === view.getInt32(at, true) && this.#takeIfLonger(at, source);
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
    const end = this.#at + this.#length;
    if (end < limit && (this.#isSixth || this.#length < goodLength)) this.#tryEnd(end);
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

  /** Tries the last positions of the seven bytes after the match, so far back that a match would begin with this one. */
  #tryEnd(end: number): void {
    const { view } = this.#history;
    const hash = hashOfSeven(view.getInt32(end, true), view.getInt32(end + 4, true));
    const at = this.#at + this.#skipped;
    const isNear = this.#tryEarlier(at, this.#long[hash]!);
    if (isNear && this.#isSixth) this.#tryEarlier(at, this.#older[hash]!);
  }

  /** Tries the match that ends where an entry of the table is; gives whether that is near enough. */
  #tryEarlier(at: number, entry: number): boolean {
    const history = this.#history;
    const source = entry - history.base - this.#length + this.#skipped;
    const distance = at - source;
    if (distance >= maxDistance) return false;
    if (source < 0 || distance <= 0) return true;
    const equal = history.equalBytes(at, source, history.length);
    if (equal > this.#length) {
      this.#at = at;
      this.#source = source;
      this.#length = equal;
    }
    return true;
  }

  /** Level 5: the first three positions after the match's first, then of every three one by seven bytes, the next by four; the last. */
  #insertSome(): void {
    const from = this.#at - this.#length + 1;
    const last = this.#at - 1;
    if (from < last) {
      this.#insertShort(from);
      this.#insertLong(from);
      this.#insertLong(from + 1);
      this.#insertShort(from + 2);
      for (let at = from + 4; at < last; at += 3) {
        this.#insertLong(at);
        this.#insertShort(at + 1);
      }
    }
    this.#insertShort(last);
    this.#insertLong(last);
  }

  /** Level 6: all positions after the next one by seven bytes, half of them by four; past the limit, half of them to the end. */
  #insertMost(limit: number): void {
    const isLast = this.#at >= limit;
    const end = isLast ? this.#history.length - 8 : this.#at - 1;
    for (let at = this.#next + 1; at < end; at += 2) {
      this.#insertShort(at);
      this.#insertLong(at);
      if (!isLast) this.#insertLong(at + 1);
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
