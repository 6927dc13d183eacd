import type { FileHandle } from 'node:fs/promises';

import { writeAll } from '../io/write-all.ts';

/** A stretch of a blob, in a file of its own. */
export interface SpilledStretch {
  readonly file: FileHandle;
  readonly size: number;
}

/** A blob that is read once for all who take stretches of it: one after the other, from its beginning on. */
export class SharedBlob implements AsyncDisposable {
  readonly #open: () => Promise<AsyncIterable<Uint8Array>>;
  readonly #createSpill: () => Promise<FileHandle>;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  /** Of the piece that was read last, what nobody has taken. */
  #rest: Uint8Array = new Uint8Array(0);
  #left: number;
  #before: Promise<unknown> = Promise.resolve();

  /**
   * @param size of the blob, in bytes
   * @param open a blob that is verified: its iteration throws instead of ending when it is another one
   * @param createSpill makes an empty file that is gone when it is closed
   */
  constructor(
    size: number,
    open: () => Promise<AsyncIterable<Uint8Array>>,
    createSpill: () => Promise<FileHandle>,
  ) {
    this.#left = size;
    this.#open = open;
    this.#createSpill = createSpill;
  }

  /**
   * The next bytes of the blob: copied as soon as those before them are, whoever waits for it. The file is the caller's.
   *
   * @throws what opening, reading and writing throw; then for all that follow as well
   */
  async take(size: number): Promise<SpilledStretch> {
    const stretch = this.#after(this.#before, size);
    this.#before = stretch;
    return await stretch;
  }

  /** Lets the blob go. What was taken has to be settled. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces?.return?.();
  }

  async #after(before: Promise<unknown>, size: number): Promise<SpilledStretch> {
    await before;
    this.#pieces ??= (await this.#open())[Symbol.asyncIterator]();
    const file = await this.#createSpill();
    try {
      await this.#copy(file, size, this.#pieces);
      return { file, size };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #copy(file: FileHandle, size: number, pieces: AsyncIterator<Uint8Array>): Promise<void> {
    for (let position = 0; position < size;) {
      if (this.#rest.length === 0) this.#rest = await nextOf(pieces);
      const part = this.#rest.subarray(0, size - position);
      await writeAll(file, part, position);
      this.#rest = this.#rest.subarray(part.length);
      position += part.length;
    }
    this.#left -= size;
    // It is verified when it ends.
    if (this.#left === 0 && (await pieces.next()).done !== true)
      throw new Error('a blob is larger than it is');
  }
}

async function nextOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const next = await pieces.next();
  if (next.done === true) throw new Error('a blob is smaller than it is');
  return next.value;
}
