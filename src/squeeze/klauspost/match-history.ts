import { windowSize } from './token-buffer.ts';

/** Matches begin less than this before their copy. */
export const maxDistance = 32_768;
const capacity = 5 * windowSize;
/** Entries of tables stay below 2^31. */
const rebaseAt = 2 ** 30;

/**
 * The plain bytes that matches can be in, and what tables of positions count from: an entry of a table is an index into `bytes` +
 * `base`. Entries too old for any match stay in the tables; the base moves so that they are out of reach.
 */
export class MatchHistory {
  readonly bytes = new Uint8Array(capacity);
  readonly view = new DataView(this.bytes.buffer);
  length = 0;
  base = windowSize;
  readonly #tables: readonly Int32Array[];

  /** `tables` are those with entries that count from `base`. */
  constructor(...tables: readonly Int32Array[]) {
    this.#tables = tables;
  }

  /** Adds the bytes of a window; gives the index of the first. */
  add(plain: Uint8Array): number {
    if (this.base >= rebaseAt) this.#rebase();
    if (this.length + plain.length > capacity) {
      const moved = this.length - maxDistance;
      this.bytes.copyWithin(0, moved, this.length);
      this.base += moved;
      this.length = maxDistance;
    }
    const start = this.length;
    this.bytes.set(plain, start);
    this.length += plain.length;
    return start;
  }

  /** Nothing before what comes next can be in a match. */
  forget(): void {
    this.base += maxDistance + this.length;
    this.length = 0;
  }

  /** How many bytes are equal from `at` and from `earlier` on. Those from `end` on do not count. */
  equalBytes(at: number, earlier: number, end: number): number {
    const { view, bytes } = this;
    const back = at - earlier;
    let here = at;
    for (; here + 4 <= end; here += 4) {
      const difference = view.getInt32(here, true) ^ view.getInt32(here - back, true);
      if (difference !== 0) return here - at + ((31 - Math.clz32(difference & -difference)) >> 3);
    }
    while (here < end && bytes[here] === bytes[here - back]) here++;
    return here - at;
  }

  #rebase(): void {
    const oldest = this.base + this.length - maxDistance;
    const down = this.base - maxDistance;
    for (const table of this.#tables) {
      for (let index = 0; index < table.length; index++) {
        const entry = table[index]!;
        table[index] = entry <= oldest ? 0 : entry - down;
      }
    }
    this.base = maxDistance;
  }
}
