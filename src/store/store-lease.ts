import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import { writeAll } from '../io/write-all.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { ownIdentity } from './process-identity.ts';
import { leaseFolder, leaseId, newLeasePath } from './store-layout.ts';
import { onStoreDisk, writingTo } from './store-side.ts';
import { unlessMissing } from './unless-missing.ts';

/** Far below the time after which a lease counts as dead, and next to nothing to write: a byte. */
const heartbeatMs = 30_000;

/** A store that may only be read: it is used without a lease, as whoever may not write it cannot be promised anything. */
const readOnlyCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * What a running process needs of a store: a file that lists digests, which pruning leaves alone while the process lives;
 * docs/store-format.md has its format, and why this is safe.
 *
 * Begins with the first digest. Ends when it is disposed of, or with the process.
 */
export class StoreLease implements AsyncDisposable {
  readonly #folder: string;
  /** Settled when the digest is in the file. */
  readonly #held = new Map<Digest, Promise<void>>();
  #waiting: Digest[] = [];
  #batch: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #path: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRefused = false;

  /** @param folder of the store */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Its name, 12 hex digits; undefined when it has no file. */
  get id(): string | undefined {
    return this.#path === undefined ? undefined : leaseId(this.#path);
  }

  /**
   * Resolves when the digest is listed. Whoever looks for the blob only then, and finds it, can rely on it.
   *
   * @throws PaletteEdgeError kind disk when it cannot be written, unless the store may only be read
   */
  async hold(digest: Digest): Promise<void> {
    const known = this.#held.get(digest);
    if (known !== undefined) return await known;
    this.#waiting.push(digest);
    // Whatever is asked for while one is written goes into the next write together.
    this.#batch ??= this.#writeNext();
    this.#held.set(digest, this.#batch);
    await this.#batch;
  }

  /** Lets go of everything. Never throws: a lease that stays counts as dead when its process is. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#isRefused = true;
    await this.#batch?.catch(() => undefined);
    await this.#last.catch(() => undefined);
    if (this.#path !== undefined) await rm(this.#path, { force: true }).catch(() => undefined);
    this.#path = undefined;
  }

  async #writeNext(): Promise<void> {
    await this.#last.catch(() => undefined);
    const digests = this.#waiting;
    this.#waiting = [];
    this.#batch = undefined;
    this.#last = this.#write(digests);
    try {
      await this.#last;
    } catch (error) {
      // The next one who asks tries again.
      for (const digest of digests) this.#held.delete(digest);
      throw error;
    }
  }

  async #write(digests: readonly Digest[]): Promise<void> {
    if (this.#isRefused) return;
    await onStoreDisk(writingTo(this.#folder), async () => {
      try {
        if (this.#path === undefined || !(await append(this.#path, listed(digests)))) await this.#begin();
      } catch (error) {
        if (!readOnlyCodes.has(systemErrorCode(error) ?? '')) throw error;
        this.#isRefused = true;
      }
    });
  }

  /** Begins a file with all that is held: also when the one before it was removed, by somebody who took this process for dead. */
  async #begin(): Promise<void> {
    const head = await leaseHead();
    const path = newLeasePath(this.#folder);
    const file = await openNew(path, leaseFolder(this.#folder));
    await writeAndClose(file, `${head}${listed([...this.#held.keys()])}`);
    this.#path = path;
    this.#timer ??= setInterval(() => void this.#beat(), heartbeatMs).unref();
  }

  async #beat(): Promise<void> {
    // Of a lease that is gone nobody is told: the next digest begins another.
    if (this.#path !== undefined) await append(this.#path, '\n').catch(() => undefined);
  }
}

/** The first line of a lease, without its end: whose it is. */
export async function leaseHead(): Promise<string> {
  return JSON.stringify({ version: 1, process: await ownIdentity() });
}

/** A line each. The first end of line ends what a failed write may have left. */
function listed(digests: readonly Digest[]): string {
  return ['', ...digests.map(digestHex), ''].join('\n');
}

/** Whole writes go to the end, whoever writes meanwhile. A file that is gone is not made anew, which `a` would do. */
const appending = constants.O_WRONLY | constants.O_APPEND;

/** @returns false when the file is gone */
async function append(path: string, text: string): Promise<boolean> {
  const file = await unlessMissing(open(path, appending));
  return file !== undefined && (await writeAndClose(file, text)) > 0;
}

/**
 * Closed at once: over a network that is when others see it.
 *
 * @returns how many names the file has: none when somebody removed it
 */
async function writeAndClose(file: FileHandle, text: string): Promise<number> {
  try {
    await writeAll(file, Buffer.from(text));
    return (await file.stat()).nlink;
  } finally {
    await file.close();
  }
}

async function openNew(path: string, folder: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    // Made with the first lease: a store that is only read needs none.
    await mkdir(folder).catch((failure: unknown) => {
      if (systemErrorCode(failure) !== 'EEXIST') throw failure;
    });
    return await open(path, 'wx');
  }
}
