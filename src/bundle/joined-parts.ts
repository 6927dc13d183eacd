import { PaletteEdgeError } from '../errors.ts';
import type { FolderAccess } from '../io/folder-access.ts';
import type { RandomAccess } from '../io/random-access.ts';

/** A part as it lies in a folder. */
export interface PartFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** Takes what was read from the joined parts. */
export type ReadTaker = (position: number, bytes: Uint8Array) => Promise<void>;

/** Files that are open at a time, as far as they are not read from just then. */
const mostOpen = 4;

/** Parts read as the one file that they are joined to. They are opened when they are needed, a few at a time. */
export class JoinedParts implements RandomAccess {
  readonly size: number;
  readonly #folder: FolderAccess;
  readonly #parts: readonly PlacedPart[];
  /** In the order of their last use. */
  readonly #open = new Map<PlacedPart, OpenPart>();
  #taker: ReadTaker | undefined;

  constructor(folder: FolderAccess, parts: readonly PartFile[]) {
    this.#folder = folder;
    let start = 0;
    this.#parts = parts.map((part) => {
      const placed = { ...part, start, end: start + part.size };
      start = placed.end;
      return placed;
    });
    this.size = start;
  }

  /** @throws PaletteEdgeError that names the part that cannot be read, or has another size meanwhile */
  async read(position: number, length: number): Promise<Uint8Array> {
    if (position < 0 || position + length > this.size)
      throw new RangeError(`bytes ${position} to ${position + length} are not inside ${this.size}`);
    const pieces: Uint8Array[] = [];
    for (const part of this.#touched(position, length)) {
      const start = Math.max(position, part.start);
      const end = Math.min(position + length, part.end);
      pieces.push(await this.#readPart(part, start - part.start, end - start));
    }
    const [only] = pieces;
    const bytes = only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
    await this.#taker?.(position, bytes);
    return bytes;
  }

  where(position: number, length: number): string {
    return this.#touched(position, length)
      .map(({ name }) => name)
      .join(', ');
  }

  /** From now on every read waits until `taker` has taken what was read. */
  watch(taker: ReadTaker): void {
    this.#taker = taker;
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { access } of open) await (await access).close();
  }

  #touched(position: number, length: number): PlacedPart[] {
    return this.#parts.filter(({ start, end }) => start < position + length && end > position);
  }

  async #readPart(part: PlacedPart, position: number, length: number): Promise<Uint8Array> {
    const open = this.#open.get(part) ?? { access: this.#openPart(part), readers: 0 };
    this.#open.delete(part);
    this.#open.set(part, open);
    open.readers += 1;
    try {
      return await (await this.#opened(part, open)).read(position, length);
    } finally {
      open.readers -= 1;
      await this.#closeUnused();
    }
  }

  /** What could not be opened is tried again by the next read. */
  async #opened(part: PlacedPart, open: OpenPart): Promise<RandomAccess> {
    try {
      return await open.access;
    } catch (error) {
      if (this.#open.get(part) === open) this.#open.delete(part);
      throw error;
    }
  }

  async #openPart(part: PlacedPart): Promise<RandomAccess> {
    const access = await this.#folder.open(part.name, 'part');
    if (access.size === part.size) return access;
    await access.close();
    throw new PaletteEdgeError(
      'PARTS_INCOMPLETE',
      `the part ${this.#folder.place(part.name)} has changed: it has ${access.size} bytes, expected ${part.size}`,
      { kind: 'content', suggestions: ['Run the command again when nobody writes it.'] },
    );
  }

  async #closeUnused(): Promise<void> {
    const unused = [...this.#open].filter(([, { readers }]) => readers === 0);
    for (const [part, { access }] of unused.slice(0, Math.max(0, this.#open.size - mostOpen))) {
      this.#open.delete(part);
      await (await access).close();
    }
  }
}

interface PlacedPart extends PartFile {
  /** Where in the whole it begins. */
  readonly start: number;
  readonly end: number;
}

interface OpenPart {
  readonly access: Promise<RandomAccess>;
  /** Reads that are under way. */
  readers: number;
}
