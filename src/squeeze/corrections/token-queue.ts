/** Tokens that wait for the plain bytes behind them, in order; below 0 the length of a stored block. */
export interface TokenQueue {
  readonly length: number;
  append(tokens: Int32Array): void;
  /** The next entry. */
  first(): number;
  removeFirst(): void;
  /** All entries. Valid until the next change. */
  all(): Int32Array;
}

/** An empty queue. */
export function createTokenQueue(): TokenQueue {
  let entries = new Int32Array(128 * 1024);
  let start = 0;
  let end = 0;
  return {
    get length() {
      return end - start;
    },
    append(tokens) {
      if (end + tokens.length > entries.length) {
        const kept = entries.subarray(start, end);
        const size = kept.length + tokens.length;
        const target = size > entries.length ? new Int32Array(size * 2) : entries;
        target.set(kept);
        entries = target;
        end -= start;
        start = 0;
      }
      entries.set(tokens, end);
      end += tokens.length;
    },
    first: () => entries[start]!,
    removeFirst() {
      start++;
    },
    all: () => entries.subarray(start, end),
  };
}
