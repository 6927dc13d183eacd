import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import { hashHere } from '../io/hash-thread.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { runLimited } from '../io/run-limited.ts';
import { totalSize } from '../io/total-size.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { bufferSize, BufferPool } from './buffer-pool.ts';
import { listEntries } from './list-entries.ts';
import type { StoreEntry } from './list-entries.ts';
import { removeDamaged } from './remove-damaged.ts';
import { requireStore } from './store-layout.ts';
import { onStoreDisk, readingFrom } from './store-side.ts';
import { unlessMissing } from './unless-missing.ts';

/** How a store is verified. */
export interface VerifyStoreOptions {
  /** Blobs are hashed side by side, each by one of them. */
  readonly hashers: readonly [Hasher, ...Hasher[]];
  /** Whether what is damaged is removed. */
  readonly isRepair: boolean;
  readonly signal: AbortSignal;
  /** Told of all bytes that are there to hash, before the first is. */
  readonly onStart: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** A blob whose bytes are not what its name says. */
interface DamagedBlob {
  readonly digest: Digest;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What its bytes give; undefined when the disk does not give them. */
  readonly received: Digest | undefined;
  readonly isRemoved: boolean;
}

/** What verifying found. */
export interface VerifyStoreReport {
  readonly blobs: number;
  /** Bytes of all blobs. */
  readonly bytes: number;
  /** Sorted by digest. */
  readonly damaged: readonly DamagedBlob[];
}

/** Sooner hashed than another thread is told of it. */
const worthThread = 256 * 1024;

/** One is read while another is hashed. */
const blobsPerHasher = 2;

/**
 * Hashes every blob of a store. What others remove meanwhile is passed over; partial blobs are not looked at, as whoever goes on with
 * them hashes them.
 *
 * @throws PaletteEdgeError those of {@link requireStore}; `DISK_…` for a file that may not be read
 */
export async function verifyStore(folder: string, options: VerifyStoreOptions): Promise<VerifyStoreReport> {
  await requireStore(folder);
  const { hashers, signal } = options;
  const blobs = (await listEntries(folder, signal)).filter(({ kind }) => kind === 'blob');
  options.onStart(totalSize(blobs));
  const pool = new BufferPool();
  const limits = { concurrency: blobsPerHasher * hashers.length, signal };
  let turn = 0;
  const checked = await runLimited(blobs, limits, async (blob, innerSignal) => {
    turn += 1;
    const hasher = hashers[turn % hashers.length] ?? hashers[0];
    const context = { ...options, folder, pool, signal: innerSignal, hasher };
    return await onStoreDisk(readingFrom(folder), async () => await check(blob, context));
  });
  const there = checked.filter((blob) => blob !== undefined);
  return {
    blobs: there.length,
    bytes: there.reduce((sum, { bytes }) => sum + bytes, 0),
    damaged: there.flatMap(({ damaged }) => (damaged === undefined ? [] : [damaged])),
  };
}

interface CheckContext extends Pick<VerifyStoreOptions, 'isRepair' | 'onBytes' | 'signal'> {
  readonly folder: string;
  readonly pool: BufferPool;
  readonly hasher: Hasher;
}

interface CheckedBlob {
  readonly bytes: number;
  readonly damaged: DamagedBlob | undefined;
}

/** @returns undefined when it is gone */
async function check(entry: StoreEntry, context: CheckContext): Promise<CheckedBlob | undefined> {
  const { digest, path, size } = entry;
  const file = await unlessMissing(open(path, 'r'));
  if (file === undefined) return undefined;
  try {
    const received = await unlessUnreadable(hashFile(file, size, context));
    if (received === digest) return { bytes: size, damaged: undefined };
    const isRemoved = context.isRepair && (await removeDamaged(context.folder, digest, file));
    return { bytes: size, damaged: { digest, path, size, received, isRemoved } };
  } finally {
    await file.close();
  }
}

/** @returns undefined for a bad sector */
async function unlessUnreadable(hashing: Promise<Digest>): Promise<Digest | undefined> {
  try {
    return await hashing;
  } catch (error) {
    if (systemErrorCode(error) === 'EIO') return undefined;
    throw error;
  }
}

/** Two buffers take turns: one is filled while the other is hashed. */
async function hashFile(file: FileHandle, size: number, context: CheckContext): Promise<Digest> {
  const { signal, onBytes, pool } = context;
  const hash = (size < worthThread ? hashHere : context.hasher).begin();
  const length = Math.max(1, Math.min(bufferSize, size));
  let [filling, hashing] = [pool.take(length), pool.take(length)];
  let hashed: Promise<void> = Promise.resolve();
  try {
    // To the end of the file, whatever was said of its size.
    for (let position = 0; ;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(filling, 0, length, position);
      await hashed;
      if (bytesRead === 0) return toDigest(await hash.digest());
      hashed = hash.update(filling.subarray(0, bytesRead));
      hashed.catch(() => undefined);
      [filling, hashing] = [hashing, filling];
      position += bytesRead;
      onBytes(bytesRead);
    }
  } finally {
    await hashed.catch(() => undefined);
    pool.give(filling);
    pool.give(hashing);
  }
}
