/** In bytes, what proxies are known to let through: 100 MB, and nginx 1 MiB unless told otherwise. */
const sizes: readonly number[] = [64, 16, 4, 1, 0.25].map((mebibytes) => mebibytes * 1024 * 1024);

/** The largest chunk: what is sent anew of an upload that goes on in chunks. */
export const largestChunk = 64 * 1024 * 1024;

/** How large the bodies are that hosts take, found out by what they refuse. */
export class ChunkSizes {
  readonly #sizes = new Map<string, number>();

  /** Bytes that may be sent at once; undefined as long as nothing was refused. */
  of(origin: string): number | undefined {
    return this.#sizes.get(origin);
  }

  /**
   * Takes note of a body that was refused for its size.
   *
   * @returns whether a smaller one may be tried
   */
  refused(origin: string, size: number): boolean {
    const known = this.#sizes.get(origin) ?? Infinity;
    // Others may have found out meanwhile.
    if (known < size) return true;
    const smaller = sizes.find((candidate) => candidate < size);
    if (smaller === undefined) return false;
    this.#sizes.set(origin, smaller);
    return true;
  }
}
