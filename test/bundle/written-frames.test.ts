import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { encodeHead, placeBlobs } from '../../src/bundle/tar-layout.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { readWrittenFrames } from '../../src/bundle/written-frames.ts';
import type { WrittenFrames } from '../../src/bundle/written-frames.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import type { BlobReader } from '../../src/oci/blob-access.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { rejection } from '../support/rejection.ts';
import { memoryAccess, openSample, sampleBundle, smallFrameContent } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const sample = await sampleBundle();
const { plan, bytes } = sample;
const { placed } = placeBlobs(plan.inventory.blobs, encodeHead(plan.headEntries).length);
const reader = await openSample(bytes);
/** Where frames begin in the file, and their end. */
const boundaries = Array.from({ length: reader.frames.count }, (_, index) => reader.frames.frame(index)).map(
  ({ position, size }) => position + size,
);

async function written(
  file: Uint8Array,
  options: { readonly compressionLevel?: number; readonly frameContent?: number } = {},
): Promise<WrittenFrames | undefined> {
  return await readWrittenFrames(memoryAccess(file), {
    plan,
    compressionLevel: 3,
    frameContent: smallFrameContent,
    signal,
    onBytes: () => undefined,
    ...options,
  });
}

/** Goes on with what is in a file; tells what it has in the end, its hash, and which blobs were read. */
async function goneOn(file: Uint8Array, found: WrittenFrames | undefined) {
  const path = join(await temporaryFolder(), 'bundle');
  await writeFile(path, file);
  const opened: Digest[] = [];
  const blobs: BlobReader = {
    sizeOf: async (digest) => await sample.blobs.sizeOf(digest),
    open: async (blob) => {
      opened.push(blob.digest);
      return await sample.blobs.open(blob);
    },
  };
  await using handle = await open(path, 'r+');
  await handle.truncate(found?.size ?? 0);
  const { sha256 } = await writeBundle(
    { plan, blobs, compressionLevel: 3, frameContent: smallFrameContent, signal, written: found },
    { file: handle },
  );
  return { bytes: await handle.readFile(), sha256, opened };
}

test('wherever it was cut, complete blobs stay, the others are read, and the file becomes the same', async () => {
  const cuts = [0, 100, ...boundaries.flatMap((end) => [end - 1, end, end + 1]), bytes.length].filter(
    (cut) => cut <= bytes.length,
  );
  const counts = new Set<number>();
  for (const cut of cuts) {
    const beginning = bytes.subarray(0, cut);
    const found = await written(beginning);
    const blobs = found?.blobs ?? 0;
    counts.add(blobs);
    // What lies before the last whole frame's end is complete; a blob counts when its padding is there, too.
    const whole = boundaries.findLastIndex((end) => end <= cut);
    const until = whole < 0 ? 0 : encodeHead(plan.headEntries).length + whole * smallFrameContent;
    const there = placed.filter(({ blob, position }) => position + Math.ceil(blob.size / 512) * 512 <= until);
    expect(blobs, `cut at ${cut}`).toBe(there.length);
    const again = await goneOn(beginning, found);
    expect(again.bytes.equals(bytes), `cut at ${cut}`).toBe(true);
    expect(again.sha256).toBe(sample.sha256);
    expect(again.opened).toEqual(plan.inventory.blobs.slice(blobs).map(({ digest }) => digest));
  }
  expect(counts.size).toBeGreaterThan(4);
  expect(counts).toContain(plan.inventory.blobs.length);
});

test('a changed byte counts up to the blob before it, and the bundle is right all the same', async () => {
  for (let at = 0; at < bytes.length; at += 293) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 4;
    const found = await written(damaged);
    const again = await goneOn(damaged, found);
    expect(again.bytes.equals(bytes), `byte ${at}`).toBe(true);
    // Behind the frames nothing is looked at.
    const most = at < (boundaries.at(-1) ?? 0) ? at : bytes.length;
    expect(found?.size ?? 0, `byte ${at}`).toBeLessThanOrEqual(most);
  }
});

test('frames of a valid bundle with another blob in it are not believed', async () => {
  const third = plan.inventory.blobs.at(2);
  const lying: BlobReader = {
    sizeOf: async (digest) => await sample.blobs.sizeOf(digest),
    open: async (blob) => {
      const content = Buffer.from(sample.blobs.get(blob.digest));
      if (blob.digest === third?.digest) content[content.length - 1] = 1;
      return await Promise.resolve(onePieceOf(content));
    },
  };
  const path = join(await temporaryFolder(), 'bundle');
  await using file = await open(path, 'w+');
  await writeBundle(
    { plan, blobs: lying, compressionLevel: 3, frameContent: smallFrameContent, signal },
    { file },
  );
  expect((await written(await file.readFile({})))?.blobs).toBe(2);
});

async function* onePieceOf(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(content);
}

test('another plan, level or cut is of no use', async () => {
  const beginning = bytes.subarray(0, boundaries.at(-2));
  expect(await written(beginning)).toBeDefined();
  expect(await written(beginning, { compressionLevel: 19 })).toBeUndefined();
  expect(await written(beginning, { frameContent: 8192 })).toBeUndefined();
  expect(await written(Buffer.alloc(5000))).toBeUndefined();
  // The same head, and behind it what another level made.
  const other = await sampleBundle({ compressionLevel: 1 });
  const head = bytes.subarray(0, boundaries[0]);
  const otherHead = (await openSample(other.bytes)).frames.frame(0).size;
  const mixed = Buffer.concat([head, other.bytes.subarray(otherHead)]);
  expect(await written(mixed)).toBeUndefined();
});

test('it can be stopped, and counts all bytes of the file', async () => {
  const reason = new PaletteEdgeError('STOPPED', 'stopped', { kind: 'interrupted' });
  const stopped = AbortSignal.abort(reason);
  const options = { plan, compressionLevel: 3, frameContent: smallFrameContent };
  expect(
    await rejection(
      readWrittenFrames(memoryAccess(bytes), { ...options, signal: stopped, onBytes: () => undefined }),
    ),
  ).toBe(reason);
  let counted = 0;
  const beginning = bytes.subarray(0, boundaries.at(-3));
  const onBytes = (count: number): void => {
    counted += count;
  };
  await readWrittenFrames(memoryAccess(beginning), { ...options, signal, onBytes });
  expect(counted).toBe(beginning.length);
});
