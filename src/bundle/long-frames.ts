/** One that is decompressed as far as somebody has read it. */
interface Cursor {
  readonly index: number;
  readonly pieces: AsyncGenerator<Uint8Array, void, undefined>;
  /** Bytes of the frame's content that came before `rest`. */
  position: number;
  /** What has come and was not taken. */
  rest: Uint8Array;
}

/** Each that waits holds its window, 128 MiB, and some more. */
const mostWaiting = 1;

/**
 * Reads long frames at any position. A frame can only be decompressed from its beginning; but one that was left in the middle waits for the
 * next reader, who mostly wants what comes next.
 */
export class LongFrames {
  readonly #decompress: (index: number) => AsyncGenerator<Uint8Array, void, undefined>;
  readonly #waiting: Cursor[] = [];
  #isClosed = false;

  /** @param decompress a frame from its beginning, checked when it comes to its end */
  constructor(decompress: (index: number) => AsyncGenerator<Uint8Array, void, undefined>) {
    this.#decompress = decompress;
  }

  /** The content of a frame from `start` to `end`, in bytes. Whoever reads it checks it: the checks of the frame come at its end. */
  async *content(
    index: number,
    { start, end }: { readonly start: number; readonly end: number },
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const cursor = this.#take(index, start) ?? {
      index,
      pieces: this.#decompress(index),
      position: 0,
      rest: new Uint8Array(),
    };
    let isSound = false;
    try {
      while (cursor.position < end && (await fill(cursor))) {
        signal?.throwIfAborted();
        const skipped = Math.min(cursor.rest.length, Math.max(0, start - cursor.position));
        const piece = cursor.rest.subarray(skipped, end - cursor.position);
        cursor.position += skipped + piece.length;
        cursor.rest = cursor.rest.subarray(skipped + piece.length);
        isSound = true;
        if (piece.length > 0) yield piece;
        isSound = false;
      }
      isSound = true;
    } finally {
      await (isSound ? this.#leave(cursor) : cursor.pieces.return());
    }
  }

  /** Gives up what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#waiting.splice(0).map(async ({ pieces }) => await pieces.return()));
  }

  #take(index: number, start: number): Cursor | undefined {
    const at = this.#waiting.findIndex((cursor) => cursor.index === index && cursor.position <= start);
    return at === -1 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  async #leave(cursor: Cursor): Promise<void> {
    if (this.#isClosed) return void (await cursor.pieces.return());
    this.#waiting.push(cursor);
    if (this.#waiting.length > mostWaiting) await this.#waiting.shift()?.pieces.return();
  }
}

/** @returns whether there is something that was not taken */
async function fill(cursor: Cursor): Promise<boolean> {
  if (cursor.rest.length > 0) return true;
  const next = await cursor.pieces.next();
  if (next.done === true) return false;
  cursor.rest = next.value;
  return true;
}
