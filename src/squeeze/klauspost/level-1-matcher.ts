import { hashOfFive, hashSize, oldHashOfFour } from './hashes.ts';
import { maxDistance, MatchHistory } from './match-history.ts';
import type { TokenBuffer } from './token-buffer.ts';
import { leastSearched, type WindowMatcher } from './window-matcher.ts';

/** Bytes before the end of a window where no match begins. */
const margin = 11;

/** Level 1 (docs/gzip-encoders/klauspost.md): one table of the last position of five bytes, of four in old releases. */
export class Level1Matcher implements WindowMatcher {
  readonly #table = new Int32Array(hashSize);
  readonly #history = new MatchHistory(this.#table);
  readonly #hashedBytes: 4 | 5;
  /** Bytes from here on are not in a token yet. */
  #emitted = 0;
  /** Where the search is, where the bytes of the match it found are, and the next position. */
  #at = 0;
  #source = 0;
  #next = 0;

  constructor(hashedBytes: 4 | 5) {
    this.#hashedBytes = hashedBytes;
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
    while (this.#search(limit) && this.#takeMatches(tokens, limit));
    if (tokens.length > 0) tokens.addLiterals(history.bytes, this.#emitted, history.length);
  }

  /** Goes on, in pairs of positions whose distance grows with the bytes since the last match, until four bytes match. */
  #search(limit: number): boolean {
    const { base } = this.#history;
    const table = this.#table;
    let at = this.#at;
    for (;;) {
      const hash = this.#hash(at);
      const source = table[hash]! - base;
      const next = at + 2 + ((at - this.#emitted) >> 5);
      if (next > limit) return false;
      table[hash] = at + base;
      const nextHash = this.#hash(next);
      if (this.#matches(at, source)) {
        table[nextHash] = next + base;
        return this.#found(at, next, source);
      }
      const nextSource = table[nextHash]! - base;
      table[nextHash] = next + base;
      if (this.#matches(next, nextSource)) {
        // Under the hash of the position before it.
        table[nextHash] = next + 1 + base;
        return this.#found(next, next + 1, nextSource);
      }
      at = next + 1;
    }
  }

  #found(at: number, next: number, source: number): true {
    this.#at = at;
    this.#next = next;
    this.#source = source;
    return true;
  }

  #matches(at: number, source: number): boolean {
    const { view } = this.#history;
    return at - source < maxDistance && view.getInt32(source, true) === view.getInt32(at, true);
  }

  /** Adds the match that was found, and those that follow it at once. Gives false when the end of the window is near. */
  #takeMatches(tokens: TokenBuffer, limit: number): boolean {
    const history = this.#history;
    const { view, base } = history;
    for (;;) {
      const length = this.#extend();
      tokens.addLiterals(history.bytes, this.#emitted, this.#at);
      tokens.addMatch(length, this.#at - this.#source - 1);
      this.#emitted = this.#at + length;
      const at = Math.max(this.#emitted, this.#next + 1);
      this.#at = at;
      if (at >= limit) {
        const hashed = this.#hashedBytes === 5 ? 8 : 4;
        if (at + length + hashed < history.length) this.#table[this.#hash(at)] = at + base;
        return false;
      }
      this.#table[this.#hash(at - 2)] = at - 2 + base;
      const hash = this.#hash(at);
      this.#source = this.#table[hash]! - base;
      this.#table[hash] = at + base;
      // Here, and only here, a distance of all 32,768 bytes is allowed.
      if (at - this.#source > maxDistance || view.getInt32(this.#source, true) !== view.getInt32(at, true)) {
        this.#at = at + 1;
        return true;
      }
    }
  }

  /** Extends the match to both sides; gives its length. */
  #extend(): number {
    const history = this.#history;
    const { bytes } = history;
    const end = this.#at + 4 + history.equalBytes(this.#at + 4, this.#source + 4, history.length);
    while (this.#source > 0 && this.#at > this.#emitted && bytes[this.#source - 1] === bytes[this.#at - 1]) {
      this.#source--;
      this.#at--;
    }
    return end - this.#at;
  }

  #hash(at: number): number {
    const { view } = this.#history;
    const word = view.getInt32(at, true);
    return this.#hashedBytes === 5 ? hashOfFive(word, view.getInt32(at + 4, true)) : oldHashOfFour(word);
  }
}
