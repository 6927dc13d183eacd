/** A file of a layer, and its size. */
export interface LargeFile {
  /** From the root, without a slash before it, as the tar has it. */
  readonly path: string;
  /** Bytes, as they are when unpacked. */
  readonly size: number;
}

/** Keeps the largest files of those that it is told of. The same files give the same list in any order. */
export class LargestFiles {
  readonly #most: number;
  readonly #files: LargeFile[] = [];

  /** @param most how many are kept */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a file in when it is among the largest so far. */
  add(file: LargeFile): void {
    const last = this.#files.at(-1);
    const isFull = this.#files.length >= this.#most;
    if (isFull && (last === undefined || byFileSize(last, file) < 0)) return;
    const behind = this.#files.findIndex((each) => byFileSize(each, file) > 0);
    this.#files.splice(behind === -1 ? this.#files.length : behind, 0, file);
    if (this.#files.length > this.#most) this.#files.pop();
  }

  /** The largest first. */
  list(): readonly LargeFile[] {
    return this.#files;
  }
}

/** For sorting: the largest first, then by path. */
export function byFileSize(left: LargeFile, right: LargeFile): number {
  return right.size - left.size || (left.path < right.path ? -1 : left.path > right.path ? 1 : 0);
}
