import { lstat, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import { hashHere } from '../io/hash-thread.ts';
import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { BufferPool } from './buffer-pool.ts';
import { BufferedWriter } from './buffered-writer.ts';
import { leftPath, newPartialPath } from './partial-blobs.ts';
import { readPieces } from './read-pieces.ts';
import type { StoreLease } from './store-lease.ts';
import { unlessMissing } from './unless-missing.ts';

/** A blob on its way into a store. */
export interface IncomingBlob {
  readonly folder: string;
  readonly blob: BlobIdentity;
  readonly signal: AbortSignal | undefined;
  /** Hashes what is large. */
  readonly hasher: Hasher;
  readonly pool: BufferPool;
  /** Of the process: without one nobody waits for it, and it waits for nobody. */
  readonly lease?: StoreLease | undefined;
}

/** Where a partial file begins to be written: after `size` bytes, which are hashed; `limit` bytes are all there will be. */
interface Beginning {
  readonly hash: StreamHash;
  readonly pool: BufferPool;
  readonly size: number;
  readonly limit: number;
}

const finishedMode = 0o444;

/** Smaller blobs are hashed sooner than another thread is told of them. */
const worthThread = 256 * 1024;

/**
 * A partial blob that this process owns: nobody else writes or renames its file. Others may copy it, and may remove its
 * name; the open file stays whole all the same.
 *
 * Ends with one of `moveTo`, `leave` or `drop`.
 */
export class PartialFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #writer: BufferedWriter;
  readonly #hash: StreamHash;
  #size: number;

  private constructor(path: string, file: FileHandle, { hash, pool, size, limit }: Beginning) {
    this.#path = path;
    this.#file = file;
    this.#hash = hash;
    this.#size = size;
    this.#writer = new BufferedWriter(file, { position: size, limit: limit - size, pool, hash });
  }

  /** Begins an empty one. */
  static async create({ folder, blob, hasher, pool, lease }: IncomingBlob): Promise<PartialFile> {
    const path = newPartialPath(folder, blob.digest, lease?.id);
    const file = await open(path, 'wx+');
    return new PartialFile(path, file, { hash: beginHash(blob, hasher), pool, size: 0, limit: blob.size });
  }

  /** Goes on with a file that this process has made its own, after hashing what is there. */
  static async resume(path: string, { blob, signal, hasher, pool }: IncomingBlob): Promise<PartialFile> {
    const file = await open(path, 'r+');
    try {
      const size = Math.min((await file.stat()).size, blob.size);
      // Cuts off what cannot belong to the blob. Also sets the file's time: it has a live owner again.
      await file.truncate(size);
      const hash = beginHash(blob, hasher);
      for await (const piece of readPieces(file, { start: 0, end: size, signal })) await hash.update(piece);
      return new PartialFile(path, file, { hash, pool, size, limit: blob.size });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** How many bytes it has. */
  get size(): number {
    return this.#size;
  }

  /** Appends bytes and hashes them. They are copied. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#size += bytes.length;
    await this.#writer.append(bytes);
  }

  /** The digest of all its bytes. Nothing can be appended after it was asked for. */
  async digest(): Promise<Digest> {
    await this.#writer.flush();
    return toDigest(await this.#hash.digest());
  }

  /** Puts everything it has into the file. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  /** What its open file has: everything that was flushed, also when its name is gone. */
  async *content(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    yield* readPieces(this.#file, { start: 0, end: this.#size, signal });
  }

  /**
   * Gives it its final name. An older file of that name is replaced. The disk may get it later: whoever reads a blob that they
   * did not hash themselves hashes it.
   *
   * @returns false when somebody has removed its name; it is still open then
   */
  async moveTo(path: string): Promise<boolean> {
    await this.#writer.flush();
    try {
      await rename(this.#path, path);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT' && (await unlessMissing(lstat(this.#path))) === undefined)
        return false;
      throw error;
    }
    await makeReadOnly(this.#file);
    await this.#writer.end();
    await this.#file.close();
    return true;
  }

  /** Closes it and leaves it to whoever goes on with it. Never throws: it ends failures, and has no say in them. */
  async leave(): Promise<void> {
    try {
      await this.#writer.flush();
    } catch {
      // What was written before is a good beginning all the same.
    }
    await this.#writer.end();
    try {
      const { size } = await this.#file.stat();
      await this.#file.close();
      await (size === 0 ? rm(this.#path, { force: true }) : rename(this.#path, leftPath(this.#path)));
    } catch {
      // Removed by somebody, or the disk is gone: then it stays as it is.
    }
  }

  /** Closes and removes it. Never throws, as {@link leave}. */
  async drop(): Promise<void> {
    await this.#writer.end();
    try {
      await this.#file.close();
      await rm(this.#path, { force: true });
    } catch {
      // It is wrong by its digest, whoever takes it over will see that too.
    }
  }
}

/** Against accidents: a blob never changes. Not before it has its name, since a partial blob is to be written. */
async function makeReadOnly(file: FileHandle): Promise<void> {
  try {
    await file.chmod(finishedMode);
  } catch (error) {
    // It began as another user's, who let us write it, but not change its mode.
    if (systemErrorCode(error) !== 'EPERM') throw error;
  }
}

function beginHash({ size }: BlobIdentity, hasher: Hasher): StreamHash {
  return (size < worthThread ? hashHere : hasher).begin();
}
