import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, rm, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { RandomAccess } from '../io/random-access.ts';
import { totalSize } from '../io/total-size.ts';

/** The files of parts that do not have their names yet, in order. */
export interface PartFiles {
  readonly paths: readonly string[];
  /** Makes the next one, empty. */
  create(): Promise<FileHandle>;
  /** Opens one that was there before, by its number from 0; undefined where there are none. */
  readonly open?: (index: number) => Promise<FileHandle>;
  /** It has its name now. */
  keep(path: string): void;
}

/** Files beside their names; what is not kept is removed in the end. */
export class Partials implements PartFiles, AsyncDisposable {
  readonly #path: string;
  readonly #paths = new Set<string>();

  /** @param path what the names begin with */
  constructor(path: string) {
    this.#path = path;
  }

  get paths(): readonly string[] {
    return [...this.#paths];
  }

  async create(): Promise<FileHandle> {
    const beside = `${this.#path}.${randomBytes(6).toString('hex')}.partial`;
    const file = await open(beside, 'wx');
    this.#paths.add(beside);
    return file;
  }

  /** @returns the path beside the name, synced */
  async write(text: string): Promise<string> {
    await using file = await this.create();
    await file.writeFile(text);
    await file.datasync();
    return this.paths.at(-1) ?? this.#path;
  }

  keep(path: string): void {
    this.#paths.delete(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#paths) await rm(path, { force: true });
  }
}

/** Files `1`, `2` and so on in a folder, of which a writer that was stopped may have left some. */
export class LastingParts implements PartFiles {
  readonly #folder: string;
  readonly #partSize: number;
  #count = 0;

  private constructor(folder: string, partSize: number) {
    this.#folder = folder;
    this.#partSize = partSize;
  }

  /** Looks at a folder. What cannot be the beginning of parts of that size is removed. */
  static async in(folder: string, partSize: number): Promise<{ parts: LastingParts; size: number }> {
    const parts = new LastingParts(folder, partSize);
    const names = await readdir(folder);
    const sizes: number[] = [];
    for (let index = 0; index < names.length; index += 1) {
      const status = await lstat(parts.#pathOf(index)).catch(() => undefined);
      const isWhole = (sizes.at(-1) ?? partSize) === partSize;
      if (status?.isFile() !== true || status.size === 0 || status.size > partSize || !isWhole) break;
      sizes.push(status.size);
    }
    parts.#count = sizes.length;
    const known = new Set(parts.paths);
    for (const name of names)
      if (!known.has(join(folder, name))) await rm(join(folder, name), { recursive: true, force: true });
    return { parts, size: totalSize(sizes.map((size) => ({ size }))) };
  }

  get paths(): readonly string[] {
    return Array.from({ length: this.#count }, (_, index) => this.#pathOf(index));
  }

  async create(): Promise<FileHandle> {
    const file = await open(this.#pathOf(this.#count), 'wx');
    this.#count += 1;
    return file;
  }

  readonly open = async (index: number): Promise<FileHandle> =>
    // A link in that place is nobody's of ours.
    await open(this.#pathOf(index), constants.O_RDWR | constants.O_NOFOLLOW);

  /** The folder goes once all have their names. */
  keep(): void {
    // Nothing of it is removed here.
  }

  /** Leaves so many bytes of all of them. */
  async truncate(size: number): Promise<void> {
    const kept = Math.ceil(size / this.#partSize);
    for (let index = kept; index < this.#count; index += 1) await rm(this.#pathOf(index), { force: true });
    this.#count = kept;
    if (kept > 0) await truncate(this.#pathOf(kept - 1), size - (kept - 1) * this.#partSize);
  }

  /** Reads them as one file of so many bytes, from its beginning to its end. */
  access(size: number): Pick<RandomAccess, 'size' | 'read'> & AsyncDisposable {
    let opened: { readonly index: number; readonly file: FileHandle } | undefined;
    const fileOf = async (index: number): Promise<FileHandle> => {
      if (opened?.index === index) return opened.file;
      await opened?.file.close();
      opened = undefined;
      const file = await this.open(index);
      opened = { index, file };
      return file;
    };
    return {
      size,
      read: async (position, length) => {
        const bytes = Buffer.allocUnsafeSlow(length);
        for (let filled = 0; filled < length;) {
          const at = position + filled;
          const start = at % this.#partSize;
          const most = Math.min(length - filled, this.#partSize - start);
          const file = await fileOf(Math.floor(at / this.#partSize));
          const { bytesRead } = await file.read(bytes, filled, most, start);
          if (bytesRead === 0) throw new Error('a file of our own has become shorter');
          filled += bytesRead;
        }
        return bytes;
      },
      [Symbol.asyncDispose]: async () => {
        await opened?.file.close();
      },
    };
  }

  #pathOf(index: number): string {
    return join(this.#folder, String(index + 1));
  }
}
