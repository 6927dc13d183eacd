import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';

import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { refusal } from './api-error.ts';
import { readFileRange } from './read-file-range.ts';
import { writeContent } from './write-content.ts';

/** A blob that is being uploaded, in a file that only this object knows. */
export class StagedUpload {
  readonly id: string;
  readonly repository: string;
  readonly #path: string;
  #size = 0;
  #hash = createHash('sha256');

  constructor(id: string, repository: string, path: string) {
    this.id = id;
    this.repository = repository;
    this.#path = path;
  }

  /** Bytes received so far. */
  get size(): number {
    return this.#size;
  }

  /** The digest of the bytes received so far. */
  get digest(): Digest {
    return toDigest(this.#hash.copy().digest('hex'));
  }

  /**
   * Takes a chunk in. It counts when it was received whole; otherwise the next one begins where it began.
   *
   * @param length bytes that the chunk must have, if that is known
   * @throws ApiError 400 `SIZE_INVALID` for another length, and whatever reading the content throws
   */
  async append(content: AsyncIterable<Uint8Array>, length: number | undefined): Promise<void> {
    const hash = this.#hash.copy();
    const hashed = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const bytes of content) {
        hash.update(bytes);
        yield bytes;
      }
    };
    // The bytes of a chunk that did not count are overwritten, and what is behind `size` is never read.
    const file = await open(this.#path, this.#size === 0 ? 'w' : 'r+', 0o600);
    try {
      const received = await writeContent(file, hashed(), this.#size);
      if (length !== undefined && received !== length)
        throw refusal(400, 'SIZE_INVALID', `expected ${length} bytes, received ${received}`);
      this.#size += received;
      this.#hash = hash;
    } finally {
      await file.close();
    }
  }

  /** Everything received so far, from the beginning. */
  read(signal: AbortSignal): AsyncIterable<Uint8Array> {
    return readFileRange(this.#path, { start: 0, end: this.#size }, signal);
  }

  /** Removes what was received. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
