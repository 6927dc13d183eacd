import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import type { BlobReader, BlobWriter, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestHex } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { sizeMismatch, verifiedContent } from '../oci/verified-content.ts';
import { readFileRange } from './read-file-range.ts';
import { writeContent } from './write-content.ts';

/** Blobs as files of a folder, by digest, as an OCI image layout has them. Memory stays flat, whatever their size. */
export class FolderBlobs implements BlobReader, BlobWriter {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async sizeOf(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(this.#pathOf(digest))).size;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw wordDiskError(error, `reading from ${this.#pathOf(digest)}`);
    }
  }

  async open(blob: BlobIdentity, options: OpenBlobOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const { range, signal } = options;
    const path = this.#pathOf(blob.digest);
    const side = `reading from ${path}`;
    const size = await this.sizeOf(blob.digest);
    if (size === undefined) {
      throw new PaletteEdgeError('BLOB_NOT_FOUND', `${side}: there is no such blob`, { kind: 'notFound' });
    }
    // Reading ends where the blob should end: content that is too long is found out here.
    if (size !== blob.size) throw sizeMismatch(blob, String(size), side);
    const { start = 0, end = size } = range ?? {};
    const content = readFileRange(path, { start, end: Math.min(end, size) }, signal);
    return range === undefined ? verifiedContent(blob, content, side) : content;
  }

  async ingest(blob: BlobIdentity, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    if ((await this.sizeOf(blob.digest)) !== undefined) return;
    const path = this.#pathOf(blob.digest);
    const side = `writing to ${path}`;
    try {
      await writeFileAtomically(path, async (file) => {
        await writeContent(file, abortable(verifiedContent(blob, content, side), signal), 0);
      });
    } catch (error) {
      throw wordDiskError(error, side);
    }
  }

  #pathOf(digest: Digest): string {
    return join(this.#folder, 'blobs', 'sha256', digestHex(digest));
  }
}

async function* abortable(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of content) {
    signal?.throwIfAborted();
    yield bytes;
  }
}
