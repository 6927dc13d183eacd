import { open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { sizeMismatch, verifiedContent } from '../oci/verified-content.ts';
import { newPartialPath } from './partial-blobs.ts';
import { readPieces } from './read-pieces.ts';
import { blobPath } from './store-layout.ts';
import { readingFrom } from './store-side.ts';
import { storedSize } from './stored-size.ts';
import { unlessMissing } from './unless-missing.ts';

const runAgain = 'Run the same command again: the blob is pulled again.';

/** A blob that is read from a store. */
interface BlobToRead {
  readonly folder: string;
  readonly blob: BlobIdentity;
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  readonly reusesBuffers: boolean | undefined;
}

/**
 * Opens a blob of a store as {@link BlobReader.open} says. A blob whose bytes turn out to be damaged is removed, so that
 * the next run pulls it again.
 *
 * @throws PaletteEdgeError `BLOB_NOT_FOUND`; `SIZE_MISMATCH` when the file has another length; a failure of the disk
 */
export async function openStoredBlob(
  folder: string,
  blob: BlobIdentity,
  options: OpenBlobOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { range, signal, reusesBuffers } = options;
  const { start, end = blob.size } = range ?? { start: 0 };
  if (start < 0 || end < start || end > blob.size) {
    throw new RangeError(`bytes ${start} to ${end} are not inside a blob of ${blob.size}`);
  }
  signal?.throwIfAborted();
  const wanted = { folder, blob, start, end, signal, reusesBuffers };
  const size = await storedSize(folder, blob.digest);
  if (size === undefined) throw notFound(wanted);
  if (size !== blob.size) throw suggesting(sizeMismatch(blob, String(size), readingFrom(folder)), runAgain);
  // The file is opened by the first read: an iteration that never begins leaves nothing open.
  return storedContent(wanted, range === undefined);
}

async function* storedContent(
  wanted: BlobToRead,
  isWhole: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openFile(wanted);
  try {
    const pieces = readPieces(file, wanted);
    yield* isWhole
      ? verifiedContent(wanted.blob, pieces, readingFrom(wanted.folder))
      : measuredContent(wanted, pieces);
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'DIGEST_MISMATCH') {
      throw await removeDamaged(error, wanted, file);
    }
    throw worded(error, wanted);
  } finally {
    await file.close();
  }
}

/** A range has no digest of its own: its length is all that can be verified. */
async function* measuredContent(
  { folder, blob, start, end }: BlobToRead,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  for await (const piece of pieces) {
    position += piece.length;
    yield piece;
  }
  if (position < end) throw suggesting(sizeMismatch(blob, String(position), readingFrom(folder)), runAgain);
}

async function openFile(wanted: BlobToRead): Promise<FileHandle> {
  try {
    return await open(blobPath(wanted.folder, wanted.blob.digest), 'r');
  } catch (error) {
    throw systemErrorCode(error) === 'ENOENT' ? notFound(wanted) : worded(error, wanted);
  }
}

/** @returns the error to throw: what became of the blob, and what to do */
async function removeDamaged(
  error: PaletteEdgeError,
  { folder, blob }: BlobToRead,
  file: FileHandle,
): Promise<PaletteEdgeError> {
  const path = blobPath(folder, blob.digest);
  // Moved aside before it is looked at, so that a right blob that has just taken its place is not removed. Killed in
  // between, it is a partial blob like any other.
  const aside = newPartialPath(folder, blob.digest);
  try {
    await rename(path, aside);
    const damaged = await file.stat({ bigint: true });
    const moved = await stat(aside, { bigint: true });
    await (damaged.ino === moved.ino ? rm(aside) : rename(aside, path));
  } catch (failure) {
    const isGone = systemErrorCode(failure) === 'ENOENT' && (await unlessMissing(stat(path))) === undefined;
    if (!isGone) {
      return suggesting(error, `Delete ${path} and run the same command again: the blob is pulled again.`);
    }
  }
  return suggesting(error, `The damaged blob was removed from the store. ${runAgain}`);
}

function suggesting(error: PaletteEdgeError, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError(error.code, error.message, {
    kind: error.kind,
    cause: error.cause,
    suggestions: [suggestion],
  });
}

function notFound({ folder, blob }: BlobToRead): PaletteEdgeError {
  return new PaletteEdgeError(
    'BLOB_NOT_FOUND',
    `${readingFrom(folder)}: ${blob.digest} is not in the store`,
    { kind: 'notFound', suggestions: [runAgain] },
  );
}

function worded(error: unknown, { folder, blob }: BlobToRead): unknown {
  const failure = wordDiskError(error, `${readingFrom(folder)}: ${blob.digest}`);
  // A bad sector stays bad, and the blob counts as being there.
  return failure instanceof PaletteEdgeError && failure.code === 'DISK_FAILURE'
    ? suggesting(
        failure,
        `If it fails again, delete ${blobPath(folder, blob.digest)}: the blob is pulled again.`,
      )
    : failure;
}
