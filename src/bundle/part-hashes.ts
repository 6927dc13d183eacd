import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import type { JoinedParts, PartFile } from './joined-parts.ts';

/** What joined parts hold, in hex. */
interface PartDigests {
  /** Of each part, in order. */
  readonly parts: readonly string[];
  readonly whole: string;
}

const pieceSize = 2 * 1024 * 1024;
/** More than are read side by side; what does not fit is read again in the end. */
const mostEarly = 16;

/**
 * Hashes joined parts, and the whole, from what others read of them: as long as they read on from the beginning, a few reads side by
 * side, no byte is read twice.
 */
export class PartHashes {
  readonly #parts: readonly PartFile[];
  readonly #hasher: Hasher;
  readonly #whole: StreamHash;
  readonly #digests: string[] = [];
  /** Came before its turn. */
  readonly #early = new Map<number, Uint8Array>();
  readonly #shared = new Uint8Array(new SharedArrayBuffer(pieceSize));
  #part: StreamHash;
  /** Bytes of the current part that were hashed. */
  #filled = 0;
  #next = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: readonly PartFile[], hasher: Hasher) {
    this.#parts = parts;
    this.#hasher = hasher;
    this.#whole = hasher.begin();
    this.#part = hasher.begin();
  }

  /** Takes what was read at a position; settles when nobody looks at it any more. */
  async take(position: number, bytes: Uint8Array): Promise<void> {
    // A copy: whoever read them goes on, and may give their memory back.
    if (position > this.#next && this.#early.size < mostEarly)
      this.#early.set(position, Uint8Array.from(bytes));
    if (position !== this.#next) return;
    for (let next: Uint8Array | undefined = bytes; next !== undefined; next = this.#takeEarly()) {
      const taken = next;
      this.#next += taken.length;
      const before = this.#turn;
      this.#turn = (async () => {
        await before;
        await this.#update(taken);
      })();
    }
    await this.#turn;
  }

  /** Reads what nobody has read so far, and gives the digests. Nothing can follow. */
  async finish(
    access: Pick<JoinedParts, 'size' | 'read' | 'watch'>,
    signal: AbortSignal,
  ): Promise<PartDigests> {
    this.#early.clear();
    access.watch(async () => await Promise.resolve());
    while (this.#next < access.size) {
      signal.throwIfAborted();
      const position = this.#next;
      await this.take(position, await access.read(position, Math.min(pieceSize, access.size - position)));
    }
    await this.#turn;
    return { parts: this.#digests, whole: await this.#whole.digest() };
  }

  #takeEarly(): Uint8Array | undefined {
    const bytes = this.#early.get(this.#next);
    this.#early.delete(this.#next);
    return bytes;
  }

  /** A copy, as far as it fits, that a thread reads where it is: else each of the two hashes would have one made. */
  #share(bytes: Uint8Array): Uint8Array {
    const copied = bytes.subarray(0, this.#shared.length);
    this.#shared.set(copied);
    return this.#shared.subarray(0, copied.length);
  }

  async #update(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length;) {
      const { size = 0 } = this.#parts[this.#digests.length] ?? {};
      const cut = this.#share(bytes.subarray(taken, taken + size - this.#filled));
      await Promise.all([this.#whole.update(cut), this.#part.update(cut)]);
      taken += cut.length;
      this.#filled += cut.length;
      if (this.#filled < size) continue;
      this.#digests.push(await this.#part.digest());
      this.#part = this.#hasher.begin();
      this.#filled = 0;
    }
  }
}
