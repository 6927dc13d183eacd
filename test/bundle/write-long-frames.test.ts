import { execFileSync } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { sectionSize, tarBehindHead } from '../../src/bundle/tar-behind-head.ts';
import { encodeHead } from '../../src/bundle/tar-layout.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import type { BlobReader } from '../../src/oci/blob-access.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { verifiedContent } from '../../src/oci/verified-content.ts';
import { openSpillFile } from '../../src/workflows/spill-file.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { noise } from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';

const frameContent = 12_288;
/** Some in one frame, some in many; one ends where a frame does; one is empty. */
const sizes = [3000, 5000, 100_000, 0, 40_960 - 1024, 12_289, frameContent, 50_176, 77];
const contents = sizes.map((size, index) => noise(size, index + 1));
const headEntries = [{ path: 'oci-layout', bytes: Buffer.from('{}') }];

/** Blobs in memory: tells how many of their bytes were read, and gives others for one of them. */
class CountedBlobs extends MemoryBlobs {
  read = 0;
  readonly #damaged: number | undefined;

  constructor(damaged?: number) {
    super();
    this.#damaged = damaged;
    for (const content of contents) this.add(content, '');
  }

  override async open(blob: BlobIdentity): Promise<AsyncIterable<Uint8Array>> {
    const isDamaged = blob.digest === digestOf(contents[this.#damaged ?? -1] ?? '?');
    const count = (bytes: number) => (this.read += bytes);
    const content = await super.open(blob);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for await (const piece of content) {
        count(piece.length);
        yield isDamaged ? piece.map((byte) => byte ^ 1) : piece;
      }
    }
    return verifiedContent(blob, pieces(), 'reading');
  }
}

const blobs: readonly BlobIdentity[] = contents.map((content) => ({
  digest: digestOf(content),
  size: content.length,
}));
const tarSize = encodeHead(headEntries).length + sectionSize({ blobs, isLast: true });

async function write(source: BlobReader, concurrency: number) {
  const written: Buffer[] = [];
  const files: FileHandle[] = [];
  const createSpill = async (): Promise<FileHandle> => {
    const file = await openSpillFile(join(tmpdir(), 'palette-edge-test-spill'));
    files.push(file);
    return file;
  };
  const writing = writeBundle(
    {
      plan: { inventory: { blobs, longFrom: 1 }, headEntries, tarSize },
      blobs: source,
      compressionLevel: 3,
      frameContent: 2048,
      long: { level: 3, frameContent, concurrency, createSpill },
      signal: new AbortController().signal,
    },
    { write: async (bytes) => await Promise.resolve(void written.push(Buffer.from(bytes))) },
  );
  const error = await writing.then(
    () => undefined,
    async () => await rejection(writing),
  );
  // A closed file has no descriptor.
  return { error, bytes: Buffer.concat(written), open: files.filter(({ fd }) => fd >= 0).length };
}

async function expectedTar(): Promise<Buffer> {
  const { signal } = new AbortController();
  const pieces: Buffer[] = [encodeHead(headEntries)];
  for await (const piece of tarBehindHead({
    section: { blobs, isLast: true },
    blobs: new CountedBlobs(),
    signal,
  }))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

test.each([1, 2, 3, 20])(
  'frames hold the tar, and large blobs are read once: %i at a time',
  async (concurrency) => {
    const source = new CountedBlobs();
    const { error, bytes, open } = await write(source, concurrency);
    expect(error).toBeUndefined();
    expect(open).toBe(0);
    const tar = execFileSync(requireTool('zstd'), ['-dc'], { input: bytes });
    expect(tar.equals(await expectedTar())).toBe(true);
    // Those that fit into one frame may be in two.
    const small = sizes.filter((size) => size <= frameContent).reduce((sum, size) => sum + size, 0);
    expect(source.read).toBeLessThanOrEqual(sizes.reduce((sum, size) => sum + size, small));
  },
);

test.each(sizes.flatMap((size, index) => (size === 0 ? [] : [[index, size]])))(
  'blob %i of %i bytes is verified',
  async (index) => {
    const { error, open } = await write(new CountedBlobs(index), 2);
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(open).toBe(0);
  },
);
