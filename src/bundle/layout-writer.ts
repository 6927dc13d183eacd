import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { makeFolder } from '../io/make-folder.ts';
import { writeAll } from '../io/write-all.ts';
import { blobPath } from './oci-documents.ts';
import type { BlobInTurn } from './stream-reader.ts';
import type { HeadEntry } from './tar-layout.ts';

/** What a layout consists of. */
export interface LayoutToWrite {
  /** Their paths are trusted: those of a bundle's head are checked when it is opened. */
  readonly documents: readonly HeadEntry[];
  readonly blobs: AsyncIterable<BlobInTurn>;
}

/**
 * Writes an OCI image layout into an empty folder that nobody uses yet: an error leaves it half written.
 *
 * @throws Node's errors of the disk, or what reading the blobs throws
 */
export async function writeLayout(folder: string, { documents, blobs }: LayoutToWrite): Promise<void> {
  for (const { path, bytes } of documents) await writeNew(join(folder, path), [bytes]);
  for await (const { blob, content } of blobs) await writeNew(join(folder, blobPath(blob.digest)), content);
}

/** Writes a file that is not there yet, with its folders. */
export async function writeNew(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  await makeFolder(dirname(path));
  await using file = await open(path, 'wx');
  for await (const bytes of content) await writeAll(file, bytes);
  await file.datasync();
}
