import { gzipSync, zstdCompressSync } from 'node:zlib';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { openFileAccess } from '../../src/io/random-access.ts';
import { encodeFrameTable } from '../../src/bundle/frame-table.ts';
import { serializeInventory } from '../../src/bundle/inventory.ts';
import { encodeHead } from '../../src/bundle/tar-layout.ts';
import type { HeadEntry } from '../../src/bundle/tar-layout.ts';
import { compressFrame, frameCheck } from '../../src/bundle/zstd-frames.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { memoryAccess, openSample, sampleBundle } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';

const sample = await sampleBundle();
const { inventory } = sample.plan;

test('opening gives inventory, id and files', async () => {
  const reader = await openSample(sample.bytes);
  expect(reader.inventory).toEqual(inventory);
  expect(reader.id).toBe(sample.plan.id);
  expect(reader.signature).toBeUndefined();
  expect([...reader.files.keys()]).toEqual(inventory.files.map(({ path }) => path));
  expect(Buffer.from(reader.files.get('palette-edge/profiles/edge-demo.json') ?? []).toString()).toContain(
    'edge-demo',
  );
});

test('every blob is read whole, also all at once', async () => {
  const reader = await openSample(sample.bytes);
  const contents = await Promise.all(inventory.blobs.map(async (blob) => await collect(reader.open(blob))));
  expect(contents).toEqual(inventory.blobs.map(({ digest }) => sample.blobs.get(digest)));
});

test('any range of a blob is read', async () => {
  const reader = await openSample(sample.bytes);
  const blob = inventory.blobs.toSorted((left, right) => right.size - left.size)[0]!;
  const whole = sample.blobs.get(blob.digest);
  await fc.assert(
    fc.asyncProperty(fc.nat(blob.size), fc.nat(blob.size), async (one, two) => {
      const [start, end] = [Math.min(one, two), Math.max(one, two)];
      expect(
        (await collect(reader.open(blob, { range: { start, end } }))).equals(whole.subarray(start, end)),
      ).toBe(true);
    }),
  );
  expect(await collect(reader.open(blob, { range: { start: 5 } }))).toEqual(whole.subarray(5));
  await expect(reader.open(blob, { range: { start: 0, end: blob.size + 1 } })).rejects.toThrow(RangeError);
});

test('reading a small blob reads a small part of the file', async () => {
  const access = memoryAccess(sample.bytes);
  let read = 0;
  const counting = {
    ...access,
    read: async (position: number, length: number) => {
      read += length;
      return await access.read(position, length);
    },
  };
  const reader = await BundleReader.open(counting, 'counted');
  const afterOpening = read;
  await collect(reader.open(inventory.blobs.at(0)!));
  await collect(reader.open(inventory.blobs.at(0)!));
  expect(read - afterOpening).toBeLessThan(2100);
  expect(afterOpening).toBeLessThan(sample.size / 2);
});

test('what is not in the bundle is not found, and a wrong size is told', async () => {
  const reader = await openSample(sample.bytes);
  const { digest, size } = inventory.blobs.at(0)!;
  expect(await reader.sizeOf(digest)).toBe(size);
  expect(await reader.sizeOf(digestOf('other'))).toBeUndefined();
  await expect(reader.open({ digest: digestOf('other'), size: 5 })).rejects.toMatchObject({
    code: 'BLOB_NOT_FOUND',
  });
  await expect(reader.open({ digest, size: size + 1 })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
});

test('an aborted read stops', async () => {
  const reader = await openSample(sample.bytes);
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(collect(reader.open(inventory.blobs.at(-1)!, { signal }))).rejects.toThrow('stopped');
});

test('a damaged frame fails the blobs in it, and no others', async () => {
  const bytes = Buffer.from(sample.bytes);
  const at = sample.bytes.length - 1500;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  const reader = await openSample(bytes);
  const results = await Promise.allSettled(
    inventory.blobs.map(async (blob) => await collect(reader.open(blob))),
  );
  const failures = results.filter((result) => result.status === 'rejected');
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThan(4);
  for (const { reason } of failures)
    expect(reason).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
});

test('content that is not the digest of the inventory fails, though every frame is in order', async () => {
  const { digest } = inventory.blobs.at(-1)!;
  const lying = await rebuild(sample, {
    tail: (tail) => {
      const place = tail.indexOf(sample.blobs.get(digest));
      tail.writeUInt8(tail.readUInt8(place) ^ 1, place);
    },
  });
  const reader = await openSample(lying);
  await expect(collect(reader.open(inventory.blobs.at(-1)!))).rejects.toMatchObject({
    code: 'DIGEST_MISMATCH',
  });
});

describe('what is no bundle is named', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), 'BUNDLE_TRUNCATED', 'empty'],
    ['some text', Buffer.from('hello, this is just some text'), 'NOT_A_BUNDLE', 'seek table'],
    ['one byte', Buffer.from([0x28]), 'NOT_A_BUNDLE', 'seek table'],
    ['gzip', gzipSync('x'), 'NOT_A_BUNDLE', 'gzip'],
    ['another zstd file', zstdCompressSync('x'.repeat(100)), 'BUNDLE_TRUNCATED', 'another tool'],
    [
      'a tar',
      encodeHead([{ path: 'palette-edge/a', bytes: Buffer.alloc(600) }]),
      'NOT_A_BUNDLE',
      'uncompressed tar',
    ],
    [
      'an ISO image',
      Buffer.concat([Buffer.alloc(32769), Buffer.from('CD001'), Buffer.alloc(100)]),
      'NOT_A_BUNDLE',
      'ISO',
    ],
  ])('%s', async (...[, bytes, code, words]) => {
    const opening = openSample(bytes);
    await expect(opening).rejects.toMatchObject({ code, kind: 'content' });
    await expect(opening).rejects.toThrow(words);
    await expect(opening).rejects.toThrow('sample.tar.zst');
  });

  test('a missing file and a folder', async () => {
    const folder = await temporaryFolder();
    await expect(openFileAccess(join(folder, 'none'), 'bundle')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      kind: 'notFound',
    });
    await mkdir(join(folder, 'folder'));
    await expect(openFileAccess(join(folder, 'folder'), 'bundle')).rejects.toMatchObject({
      code: 'NOT_A_FILE',
      kind: 'usage',
    });
  });
});

test('a file that shrinks while it is open is told', async () => {
  const path = join(await temporaryFolder(), 'bundle');
  await writeFile(path, sample.bytes);
  const access = await openFileAccess(path, 'bundle');
  await writeFile(path, '');
  await expect(access.read(0, 10)).rejects.toMatchObject({ code: 'FILE_TRUNCATED' });
  await access.close();
});

test('opening that fails closes the file', async () => {
  let closed = 0;
  const access = {
    ...memoryAccess(Buffer.from('x')),
    close: async () => await Promise.resolve(void (closed += 1)),
  };
  await expect(BundleReader.open(access, 'x')).rejects.toMatchObject({ code: 'NOT_A_BUNDLE' });
  expect(closed).toBe(1);
});

test('cut at any length, it does not open', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(sample.size - 1), async (length) => {
      await expect(openSample(sample.bytes.subarray(0, length))).rejects.toMatchObject({ kind: 'content' });
    }),
    { numRuns: 300, examples: [[0], [1], [8], [9], [sample.size - 1]] },
  );
});

test('with bytes before or behind it, it does not open', async () => {
  const extra = Buffer.alloc(4);
  await expect(openSample(Buffer.concat([sample.bytes, extra]))).rejects.toMatchObject({ kind: 'content' });
  await expect(openSample(Buffer.concat([extra, sample.bytes]))).rejects.toMatchObject({ kind: 'content' });
});

describe('a head that is not ours is refused', () => {
  const cases: [string, (entries: HeadEntry[]) => HeadEntry[], string][] = [
    [
      'no inventory',
      (entries) => entries.filter(({ path }) => !path.includes('inventory')),
      'inventory.json',
    ],
    [
      'a file too many',
      (entries) => [...entries, { path: 'palette-edge/x', bytes: Buffer.from('x') }],
      'does not name',
    ],
    ['a file too few', (entries) => entries.slice(0, -1), 'missing'],
    ['another order', (entries) => entries.toReversed(), 'not in its place'],
    [
      'another content',
      (entries) => replaced(entries, 'index.json', Buffer.from('{}')),
      'does not match its digest',
    ],
    [
      'an invalid inventory',
      (entries) => replaced(entries, 'palette-edge/inventory.json', Buffer.from('{}')),
      'not valid',
    ],
  ];
  test.each(cases)('%s', async (_, head, words) => {
    const opening = openSample(await rebuild(sample, { head }));
    await expect(opening).rejects.toMatchObject({ kind: 'content' });
    await expect(opening).rejects.toThrow(words);
  });

  test('an unknown format version, with the version that is needed', async () => {
    const document = { ...JSON.parse(serializeInventory(inventory).toString()), formatVersion: 4 };
    const bytes = Buffer.from(canonicalJson(document));
    const head = (entries: HeadEntry[]) => [
      ...replaced(entries, 'palette-edge/inventory.json', bytes),
      { path: 'palette-edge/unheard-of', bytes: Buffer.from('x') },
    ];
    await expect(openSample(await rebuild(sample, { head }))).rejects.toMatchObject({
      code: 'BUNDLE_VERSION_UNSUPPORTED',
    });
  });

  test('fewer bytes than the inventory names', async () => {
    const shorter = await rebuild(sample, { tail: (tail) => tail.subarray(0, tail.length - 512) });
    await expect(openSample(shorter)).rejects.toThrow('its inventory names');
  });

  test('padding that is not zero', async () => {
    const opening = openSample(
      await rebuild(sample, { headBytes: (head) => void head.writeUInt8(1, 512 + 100) }),
    );
    await expect(opening).rejects.toThrow('not one of ours');
  });
});

test('a signature behind the inventory is given, and the id stays the same', async () => {
  const head = (entries: HeadEntry[]) =>
    entries.toSpliced(4, 0, { path: 'palette-edge/inventory.sig', bytes: Buffer.from('signed') });
  const reader = await openSample(await rebuild(sample, { head }));
  expect(Buffer.from(reader.signature ?? []).toString()).toBe('signed');
  expect(reader.id).toBe(sample.plan.id);
  expect(await collect(reader.open(inventory.blobs.at(0)!))).toEqual(
    sample.blobs.get(inventory.blobs.at(0)!.digest),
  );
});

interface Changes {
  readonly head?: (entries: HeadEntry[]) => HeadEntry[];
  readonly headBytes?: (head: Buffer) => void;
  /** Changes the tar behind the head in place, or gives another. */
  readonly tail?: (tail: Buffer) => Uint8Array | void;
}

/** Writes the sample again as a liar would: every frame in order, the content changed. */
async function rebuild({ plan, bytes }: SampleBundle, changes: Changes): Promise<Buffer> {
  const reader = await openSample(bytes);
  const start = reader.frames.contentSize(0);
  const original = await collect(
    Promise.resolve(reader.frames.stream({ start, end: reader.frames.tarSize })),
  );
  const tail = changes.tail?.(original) ?? original;
  const head = encodeHead(changes.head?.([...plan.headEntries]) ?? plan.headEntries);
  changes.headBytes?.(head);
  const frames = [compressFrame(head, 3), compressFrame(tail, 3)];
  const sizes = [head.length, tail.length];
  const table = frames.map((frame, index) => ({
    size: frame.length,
    contentSize: sizes[index] ?? 0,
    check: frameCheck(frame),
  }));
  return Buffer.concat([...frames, encodeFrameTable(table)]);
}

function replaced(entries: HeadEntry[], path: string, bytes: Buffer): HeadEntry[] {
  return entries.map((entry) => (entry.path === path ? { path, bytes } : entry));
}

async function collect(content: Promise<AsyncIterable<Uint8Array>>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of await content) parts.push(part);
  return Buffer.concat(parts);
}
