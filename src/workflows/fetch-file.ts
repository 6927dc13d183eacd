import { lstat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import { openFileAccess } from '../io/random-access.ts';
import { toDigest } from '../oci/digest.ts';
import { digestMismatch, sizeMismatch } from '../oci/verified-content.ts';
import type { FetchSource } from './fetch-source.ts';
import { readStretch } from './publish-files.ts';
import type { PublishedFile } from './publish-manifest.ts';
import { writeResumably } from './resumable-file.ts';

/** How files are fetched. */
export interface FetchFileOptions {
  readonly source: Pick<FetchSource, 'url' | 'open'>;
  readonly hasher: Hasher;
  /** Told of bytes that are there, right ones; less than nothing for those that were not. */
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/** What became of a file. */
export interface FetchedFile {
  /** In bytes: what came over the network. */
  readonly received: number;
  /** In bytes: what an earlier run had fetched. */
  readonly kept: number;
}

/**
 * Whether a file of this machine has the content of a published one; undefined when there is none.
 *
 * @throws PaletteEdgeError `NOT_A_FILE` (kind usage) for a folder, which no file can replace; kind disk
 */
export async function isThere(
  folder: string,
  { name, size, digest }: PublishedFile,
  { hasher, signal }: Pick<FetchFileOptions, 'hasher' | 'signal'>,
): Promise<boolean | undefined> {
  const path = join(folder, name);
  try {
    const status = await lstat(path);
    if (status.isDirectory()) throw folderInPlace(path);
    // What a link leads to is not ours to judge.
    if (!status.isFile() || status.size !== size) return false;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw wordDiskError(error, `writing ${path}`);
  }
  const access = await openFileAccess(path, 'file');
  try {
    const hash = hasher.begin();
    for await (const bytes of readStretch(access, { start: 0, end: Math.min(size, access.size) })) {
      signal.throwIfAborted();
      await hash.update(bytes);
    }
    return toDigest(await hash.digest()) === digest;
  } finally {
    await access.close();
  }
}

function folderInPlace(path: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_A_FILE', `writing ${path} failed: it is a folder, not a file`, {
    kind: 'usage',
    suggestions: ['Remove it, or name another folder with --output.'],
  });
}

/**
 * Fetches a file, beside its name until all of it is there. What an earlier run left of it is read and gone on with.
 *
 * @throws PaletteEdgeError `SIZE_MISMATCH`, `DIGEST_MISMATCH` (kind content) when the place has something else, kind disk; as the
 *   source does
 */
export async function fetchFile(
  folder: string,
  file: PublishedFile,
  options: FetchFileOptions,
): Promise<FetchedFile> {
  const path = join(folder, file.name);
  const write = async (handle: FileHandle, size: number): Promise<FetchedFile> =>
    await new FileUnderWay(handle, file, options).run(size);
  try {
    return await writeResumably(path, write, { isKept, beforeNamed: async () => await Promise.resolve() });
  } catch (error) {
    throw wordDiskError(error, `writing ${path}`);
  }
}

/** Wrong bytes would be wrong again. */
function isKept(error: unknown): boolean {
  return !(error instanceof PaletteEdgeError && error.kind === 'content');
}

class FileUnderWay {
  readonly #handle: FileHandle;
  readonly #file: PublishedFile;
  readonly #options: FetchFileOptions;

  constructor(handle: FileHandle, file: PublishedFile, options: FetchFileOptions) {
    this.#handle = handle;
    this.#file = file;
    this.#options = options;
  }

  async run(there: number): Promise<FetchedFile> {
    const { onBytes, hasher } = this.#options;
    const kept = there <= this.#file.size ? there : 0;
    if (kept === 0) return { received: await this.#receive(hasher.begin(), 0), kept };
    const hash = hasher.begin();
    await this.#takeIn(hash, kept);
    try {
      return { received: await this.#receive(hash, kept), kept };
    } catch (error) {
      // What was left may be of another file of that name.
      if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
      onBytes(-this.#file.size);
      return { received: await this.#receive(hasher.begin(), 0), kept: 0 };
    }
  }

  /** Reads what is there already. */
  async #takeIn(hash: StreamHash, end: number): Promise<void> {
    for (let at = 0; at < end;) {
      this.#options.signal.throwIfAborted();
      // Anew each time: it may be moved to where it is hashed.
      const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(Math.min(pieceSize, end - at)), {
        position: at,
      });
      if (bytesRead === 0) throw new Error('a file of our own has become shorter');
      await hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
      this.#options.onBytes(bytesRead);
    }
  }

  /** Receives the file from a byte on. @returns how many bytes came */
  async #receive(hash: StreamHash, from: number): Promise<number> {
    const { source, signal, onBytes } = this.#options;
    const { size, digest, name } = this.#file;
    const side = `reading ${name} from ${source.url}`;
    await this.#handle.truncate(from);
    let at = from;
    if (from < size || size === 0) {
      for await (const bytes of await source.open(this.#file, from, signal)) {
        if (at + bytes.length > size) throw sizeMismatch(this.#file, `more than ${size}`, side);
        await hash.updateAndWrite(bytes, { file: this.#handle, position: at });
        at += bytes.length;
        onBytes(bytes.length);
      }
    }
    if (at !== size) throw sizeMismatch(this.#file, String(at), side);
    const received = toDigest(await hash.digest());
    if (received !== digest) throw digestMismatch(this.#file, received, side);
    return at - from;
  }
}

const pieceSize = 1024 * 1024;
