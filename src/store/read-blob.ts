import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { sizeMismatch, verifiedContent } from '../oci/verified-content.ts';
import { restorePruned } from './pruned-blobs.ts';
import { readPieces } from './read-pieces.ts';
import { removeDamaged } from './remove-damaged.ts';
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
  const size = (await storedSize(folder, blob.digest)) ?? (await restoredSize(wanted));
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
      throw await removing(error, wanted, file);
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
  const path = blobPath(wanted.folder, wanted.blob.digest);
  try {
    const file = await unlessMissing(open(path, 'r'));
    if (file !== undefined) return file;
    await restoredSize(wanted);
    return await open(path, 'r');
  } catch (error) {
    throw systemErrorCode(error) === 'ENOENT' ? notFound(wanted) : worded(error, wanted);
  }
}

/** One moves it out of the way and back; several may do so one after the other. */
const looks = 3;

/** Its length when pruning had moved it out of the way just now; undefined when it is not there at all. */
async function restoredSize(wanted: BlobToRead): Promise<number | undefined> {
  const { folder, blob } = wanted;
  try {
    for (let look = 0; look < looks; look += 1) {
      // Pruning may move it back itself, meanwhile.
      await restorePruned(folder, blob.digest);
      const size = await storedSize(folder, blob.digest);
      if (size !== undefined) return size;
    }
    return undefined;
  } catch (error) {
    throw worded(error, wanted);
  }
}

/** @returns the error to throw: what became of the blob, and what to do */
async function removing(
  error: PaletteEdgeError,
  { folder, blob }: BlobToRead,
  file: FileHandle,
): Promise<PaletteEdgeError> {
  return (await removeDamaged(folder, blob.digest, file))
    ? suggesting(error, `The damaged blob was removed from the store. ${runAgain}`)
    : suggesting(
        error,
        `Delete ${blobPath(folder, blob.digest)} and run the same command again: the blob is pulled again.`,
      );
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
