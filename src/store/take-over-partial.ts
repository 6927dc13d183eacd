import { constants } from 'node:fs';
import { copyFile, lstat, open, rename } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { leftPath, listPartials, newPartialPath, removePartial } from './partial-blobs.ts';
import type { PartialBlob } from './partial-blobs.ts';
import { PartialFile } from './partial-file.ts';
import type { IncomingBlob } from './partial-file.ts';
import { readPieces } from './read-pieces.ts';
import { writingTo } from './store-side.ts';

/** A partial blob to go on with. */
export interface TakenOver {
  readonly partial: PartialFile;
  /** The partial blob of another owner that it is a copy of. */
  readonly copyOf: string | undefined;
}

/**
 * A live owner writes every second while bytes arrive. One that did not write for so long is most likely dead; when it is
 * not, it notices at its end that its name is gone, and loses nothing but time.
 */
const quietMs = 10_000;

/**
 * Goes on with the largest partial blob there is: one that was left is renamed, one that has an owner is copied, since
 * nobody can know whether that owner is alive. The reasoning is in docs/store-format.md.
 *
 * @returns undefined when there is none
 */
export async function takeOverPartial(incoming: IncomingBlob): Promise<TakenOver | undefined> {
  const partials = await listPartials(incoming.folder, incoming.blob.digest);
  // One that is larger than the blob comes from another idea of the blob's size: only the digest will tell who is right.
  const usable = partials.filter(({ size }) => size > 0 && size <= incoming.blob.size);
  for (const base of usable.toSorted(largestFirst)) {
    const partial = await unlessUnavailable(base.isLeft ? claim(base, incoming) : copy(base, incoming));
    if (partial === undefined) continue;
    for (const other of usable) await removeSuperseded(other, partial.size);
    return { partial, copyOf: base.isLeft ? undefined : base.path };
  }
  return undefined;
}

function largestFirst(one: PartialBlob, other: PartialBlob): number {
  return other.size - one.size || Number(other.isLeft) - Number(one.isLeft);
}

/** Of all who want it only one can rename it. */
async function claim({ path }: PartialBlob, incoming: IncomingBlob): Promise<PartialFile> {
  const own = newPartialPath(incoming.folder, incoming.blob.digest, incoming.lease?.id);
  await rename(path, own);
  try {
    return await PartialFile.resume(own, incoming);
  } catch (error) {
    await unlessUnavailable(rename(own, leftPath(own)));
    throw error;
  }
}

async function copy({ path }: PartialBlob, incoming: IncomingBlob): Promise<PartialFile> {
  const own = newPartialPath(incoming.folder, incoming.blob.digest, incoming.lease?.id);
  if (!(await shareBlocks(path, own))) return await copyBytes(path, incoming);
  try {
    return await PartialFile.resume(own, incoming);
  } catch (error) {
    await removePartial(own);
    throw error;
  }
}

/** A copy that takes no time and no space, on the file systems that can do so. */
async function shareBlocks(path: string, own: string): Promise<boolean> {
  try {
    await copyFile(path, own, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    // Why not does not matter: copying the bytes is tried next, and tells what is really wrong.
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

async function copyBytes(path: string, incoming: IncomingBlob): Promise<PartialFile> {
  const { blob, signal } = incoming;
  const file = await open(path, 'r');
  try {
    const partial = await PartialFile.create(incoming);
    try {
      const pieces = readPieces(file, { start: 0, end: blob.size, signal });
      for await (const piece of pieces) await partial.append(piece);
      // It is to survive what the one it was copied from would have survived: that one may be removed now.
      await partial.flush();
      return partial;
    } catch (error) {
      // A part of a copy would only take the space that may be missing.
      await partial.drop();
      throw copyFailed(error, path, incoming.folder);
    }
  } finally {
    await file.close();
  }
}

/** A disk with room for the rest of a blob, but not for a copy of its beginning, would fail in the same way every time. */
function copyFailed(error: unknown, path: string, folder: string): unknown {
  const worded = wordDiskError(error, writingTo(folder));
  if (!(worded instanceof PaletteEdgeError) || worded.kind !== 'disk') return error;
  const { code, message, kind, suggestions } = worded;
  const deleteIt = `If no other palette-edge is using the store, delete ${path}: the blob is pulled from its beginning.`;
  return new PaletteEdgeError(code, message, { kind, cause: error, suggestions: [...suggestions, deleteIt] });
}

async function removeSuperseded(other: PartialBlob, size: number): Promise<void> {
  if (other.size > size) return;
  if (!other.isLeft && !(await isQuiet(other.path))) return;
  await removePartial(other.path);
}

async function isQuiet(path: string): Promise<boolean> {
  const status = await unlessUnavailable(lstat(path));
  return status !== undefined && Date.now() - status.mtimeMs > quietMs;
}

/** @returns undefined when somebody else was first, or the file belongs to another user */
async function unlessUnavailable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
