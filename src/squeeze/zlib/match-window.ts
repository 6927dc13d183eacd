/** Half of the window: how far it moves at once. DEFLATE's own window is as large. */
export const windowSize = 32 * 1024;
/** Bytes of a window: two halves. */
export const windowBytes = 2 * windowSize;
/** Plain bytes that a matcher wants before it goes on: the longest match, the shortest of the next position, and one. */
export const enoughAhead = 258 + 3 + 1;
/** The longest distance: so far that a match never reaches bytes that have just been overwritten. */
export const farthest = windowSize - enoughAhead;
/** From this position on the window moves when more bytes are wanted. */
export const movesFrom = windowSize + farthest;

const mask = windowSize - 1;

/** How thoroughly matches are looked for. */
export interface SearchLimits {
  /** A match that long at the position before makes the search four times as short. */
  readonly good: number;
  /** A match that long ends the search. */
  readonly nice: number;
  /** Candidates that are looked at. */
  readonly chain: number;
}

/** Where a window stood at the beginning of a block. */
export interface WindowPlace {
  /** Where the block begins. */
  readonly position: number;
  readonly before: number;
  /** Whether the matcher has gone on by a byte that is in no token yet. */
  readonly waiting: boolean;
}

/**
 * The last plain bytes, and chains of positions whose next three bytes have the same hash. Positions count from the beginning of the
 * window, which moves by half its size; position 0 is never a candidate, as its number says that a chain ends.
 */
export class MatchWindow {
  /** Some bytes more than the window: hashes are made of bytes behind the end. */
  readonly bytes = new Uint8Array(windowBytes + 8);
  /** Where the matcher stands. It may be 1 beyond {@link end} right after a start in the middle. */
  position = 0;
  /** The end of the bytes that are there. */
  end = 0;
  /** Where the current block begins. Negative when the window has moved past it. */
  blockStart = 0;
  /** Plain bytes of the stream before the window. */
  before = 0;
  /** Positions right before {@link position} that are in no chain yet, for want of the bytes behind them. */
  uninserted = 0;
  /** Where {@link longestMatch} found the match. */
  matchPosition = 0;

  readonly #limits: SearchLimits;
  readonly #heads: Uint16Array;
  readonly #previous = new Uint16Array(windowSize);
  readonly #hashMask: number;
  readonly #hashShift: number;

  /** @param hashBits bits of a hash: 15, or 8–16 with other memory levels */
  constructor(limits: SearchLimits, hashBits = 15) {
    this.#limits = limits;
    this.#heads = new Uint16Array(1 << hashBits);
    this.#hashMask = (1 << hashBits) - 1;
    this.#hashShift = Math.floor((hashBits + 2) / 3);
  }

  /** Forgets all, and begins after bytes that were right before: at most half a window. */
  restart(history: Uint8Array): void {
    this.#heads.fill(0);
    this.#begin(history, history.length);
    this.before = 0;
  }

  /**
   * Begins where another window stood at the beginning of a block. It is new.
   *
   * @param history the bytes right before: all there are, or half a window
   */
  resume(history: Uint8Array, place: WindowPlace): void {
    const { position, before, waiting } = place;
    this.#begin(history, position);
    this.before = before;
    // Behind its end, a window that has moved holds what was half a window before.
    if (before > 0) this.bytes.set(history.subarray(0, windowBytes - position), position);
    if (!waiting) return;
    this.position += 1;
    this.uninserted += 1;
  }

  #begin(history: Uint8Array, position: number): void {
    this.bytes.set(history, position - history.length);
    this.position = position;
    this.end = position;
    this.blockStart = position;
    this.uninserted = history.length;
  }

  /** Plain bytes from the position to the end. */
  get ahead(): number {
    return this.end - this.position;
  }

  /** Takes what fits of a piece. @returns how many bytes of it */
  append(piece: Uint8Array, from: number): number {
    const length = Math.min(windowBytes - this.end, piece.length - from);
    this.bytes.set(
      from === 0 && length === piece.length ? piece : piece.subarray(from, from + length),
      this.end,
    );
    this.end += length;
    return length;
  }

  /** Moves the window by half its size. What was in the second half stays there until it is overwritten. */
  move(): void {
    this.bytes.copyWithin(0, windowSize, windowBytes);
    this.position -= windowSize;
    this.end -= windowSize;
    this.blockStart -= windowSize;
    this.before += windowSize;
    movePositions(this.#heads);
    movePositions(this.#previous);
  }

  /** Puts a position at the head of its chain. @returns the head before, 0 for none */
  insert(position: number): number {
    const { bytes } = this;
    const shift = this.#hashShift;
    const hash =
      ((bytes[position]! << (shift + shift)) ^ (bytes[position + 1]! << shift) ^ bytes[position + 2]!) &
      this.#hashMask;
    const head = this.#heads[hash]!;
    this.#previous[position & mask] = head;
    this.#heads[hash] = position;
    return head;
  }

  /** Inserts what is left of {@link uninserted}, as far as three bytes are there for each. */
  insertRest(): void {
    while (this.uninserted > 0 && this.ahead + this.uninserted >= 3) {
      this.insert(this.position - this.uninserted);
      this.uninserted -= 1;
    }
  }

  /**
   * The longest match at the position that is longer than one known, the nearest of equals: its length, or the known one. It may reach
   * behind the end. @param head the first candidate, at most {@link farthest} away @param nice a match that long ends the search
   */
  longestMatch(head: number, known: number, nice: number): number {
    const { bytes, position } = this;
    const previous = this.#previous;
    const limit = Math.max(0, position - farthest);
    let chain = known >= this.#limits.good ? this.#limits.chain >> 2 : this.#limits.chain;
    let best = known;
    let last = bytes[position + best];
    let lastButOne = bytes[position + best - 1];
    const first = bytes[position];
    for (let candidate = head; ;) {
      const isWorthLooking =
        bytes[candidate + best] === last &&
        bytes[candidate + best - 1] === lastButOne &&
        bytes[candidate] === first;
      const length = isWorthLooking ? matchLength(bytes, candidate, position) : 0;
      if (length > best) {
        this.matchPosition = candidate;
        if (length >= nice) return length;
        best = length;
        last = bytes[position + best];
        lastButOne = bytes[position + best - 1];
      }
      candidate = previous[candidate & mask]!;
      if (candidate <= limit || (chain -= 1) === 0) return best;
    }
  }
}

function matchLength(bytes: Uint8Array, candidate: number, position: number): number {
  let length = 1;
  while (length < 258 && bytes[candidate + length] === bytes[position + length]) length += 1;
  return length;
}

function movePositions(positions: Uint16Array): void {
  for (let index = 0; index < positions.length; index += 1) {
    const position = positions[index]!;
    positions[index] = position >= windowSize ? position - windowSize : 0;
  }
}
