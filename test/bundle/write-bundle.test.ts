import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';

import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';

import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { openFileAccess } from '../../src/io/random-access.ts';
import { planBundle } from '../../src/bundle/plan-bundle.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  noise,
  openSample,
  sampleBundle,
  sampleContent,
  smallFrameContent,
  writeSample,
} from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';

test('the bytes are the same for any concurrency, and so is the hash', async () => {
  const bundles = await Promise.all(
    [1, 2, 3, 16].map(async (concurrency) => await sampleBundle({ concurrency })),
  );
  const hashes = bundles.map(({ bytes }) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  expect(new Set(hashes).size).toBe(1);
  expect(bundles.map(({ sha256 }) => sha256)).toEqual(hashes);
  expect(bundles.map(({ size }) => size)).toEqual(bundles.map(({ bytes }) => bytes.length));
});

test('level and frame size change the bytes but not the content', async () => {
  const bundles = [await sampleBundle({ compressionLevel: 19 }), await sampleBundle({ frameContent: 8192 })];
  const usual = await sampleBundle();
  for (const bundle of bundles) {
    expect(bundle.sha256).not.toBe(usual.sha256);
    expect((await openSample(bundle.bytes)).id).toBe(usual.plan.id);
  }
});

test('the size stays within what was expected, for content that does not compress at all', async () => {
  const blobs = new MemoryBlobs();
  const content = await sampleContent(blobs);
  const extras = [{ path: 'palette-edge/noise', bytes: noise(300_000, 9) }];
  const { size, plan } = await writeSample({ ...content, extras }, blobs, { frameContent: undefined });
  expect(size).toBeLessThanOrEqual(plan.expectedBundleSize);
  expect(size).toBeGreaterThan(300_000);
});

test('the tar is what the plan says: entries in order, fixed metadata, content', async () => {
  const { bytes, plan, blobs } = await sampleBundle();
  const entries: { name: string; content: Buffer; meta: unknown }[] = [];
  const reader = await openSample(bytes);
  const unpack = extract();
  unpack.end(await buffer(reader.frames.stream({ start: 0, end: reader.frames.tarSize })));
  for await (const entry of unpack) {
    const content = await buffer(entry);
    const { name, mtime, uid, gid, mode, type } = entry.header;
    entries.push({ name, content, meta: { mtime, uid, gid, mode, type } });
  }
  expect(new Set(entries.map(({ meta }) => JSON.stringify(meta)))).toEqual(
    new Set([JSON.stringify({ mtime: new Date(0), uid: 0, gid: 0, mode: 0o644, type: 'file' })]),
  );
  const expected = [
    ...plan.headEntries.map(({ path, bytes: content }) => [path, Buffer.from(content)]),
    ...plan.inventory.blobs.map(({ digest }) => [`blobs/sha256/${digest.slice(7)}`, blobs.get(digest)]),
  ];
  expect(entries.map(({ name, content }) => [name, content])).toEqual(expected);
  expect(entries.slice(0, 4).map(({ name }) => name)).toEqual([
    'oci-layout',
    'index.json',
    'manifest.json',
    'palette-edge/inventory.json',
  ]);
});

test('a bundle without images has a head, an end, and opens', async () => {
  const content = {
    name: 'empty',
    tool: { name: 'palette-edge', version: '0.1.0' },
    profiles: [],
    images: [],
  };
  const { bytes } = await writeSample(content, new MemoryBlobs());
  const reader = await openSample(bytes);
  expect(reader.inventory.blobs).toEqual([]);
  expect(reader.frames.count).toBe(2);
});

test('tar that ends just with a frame makes no empty frame', async () => {
  const content = {
    name: 'empty',
    tool: { name: 'palette-edge', version: '0.1.0' },
    profiles: [],
    images: [],
  };
  const { bytes } = await writeSample(content, new MemoryBlobs(), { frameContent: 512 });
  expect((await openSample(bytes)).frames.count).toBe(3);
});

test('progress adds up to the tar', async () => {
  let counted = 0;
  const { plan } = await sampleBundle({ onBytes: (count) => (counted += count) });
  expect(counted).toBe(plan.tarSize);
});

describe('failures', () => {
  test('of a blob stop the writing with the error of that blob, and nothing is written later', async () => {
    const blobs = new MemoryBlobs();
    const plan = planBundle(await sampleContent(blobs));
    const broken = {
      sizeOf: async () => await Promise.resolve(undefined),
      open: async (blob: Parameters<MemoryBlobs['open']>[0]) => {
        if (blob.digest === plan.inventory.blobs.at(-2)?.digest) throw new Error('blob is gone');
        return await blobs.open(blob);
      },
    };
    let writes = 0;
    const sink = { write: async () => await Promise.resolve(void (writes += 1)) };
    const signal = new AbortController().signal;
    const options = { plan, blobs: broken, compressionLevel: 3, frameContent: smallFrameContent, signal };
    await expect(writeBundle(options, sink)).rejects.toThrow('blob is gone');
    const atRejection = writes;
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes).toBe(atRejection);
  });

  test('of the sink stop the writing with its first error', async () => {
    const blobs = new MemoryBlobs();
    const plan = planBundle(await sampleContent(blobs));
    let writes = 0;
    const sink = {
      write: async () => {
        writes += 1;
        if (writes >= 3) throw new Error(`disk full at write ${writes}`);
        await Promise.resolve();
      },
    };
    const signal = new AbortController().signal;
    await expect(
      writeBundle({ plan, blobs, compressionLevel: 3, frameContent: smallFrameContent, signal }, sink),
    ).rejects.toThrow('disk full at write 3');
    expect(writes).toBe(3);
  });

  test('a blob of another length than planned is noticed', async () => {
    const blobs = new MemoryBlobs();
    const plan = planBundle(await sampleContent(blobs));
    const short = {
      sizeOf: async () => await Promise.resolve(0),
      open: async () => await blobs.open(blobs.add('x', 'y')),
    };
    await expect(
      writeBundle(
        { plan, blobs: short, compressionLevel: 3, signal: new AbortController().signal },
        { write: async () => await Promise.resolve() },
      ),
    ).rejects.toThrow('planned were');
  });

  test('an aborted signal stops it', async () => {
    const controller = new AbortController();
    let left = 3;
    const onBytes = () => {
      left -= 1;
      if (left === 0) controller.abort(new Error('stopped'));
    };
    await expect(sampleBundle({ signal: controller.signal, onBytes })).rejects.toThrow('stopped');
  });
});

test('a bundle can be written from another bundle, with the same bytes', async () => {
  const first = await sampleBundle();
  const folder = await temporaryFolder();
  const path = join(folder, 'first.tar.zst');
  await writeFile(path, first.bytes);
  const reader = await BundleReader.open(await openFileAccess(path, 'bundle'), path);
  const copy: Buffer[] = [];
  const { sha256 } = await writeBundle(
    {
      plan: first.plan,
      blobs: reader,
      compressionLevel: 3,
      frameContent: smallFrameContent,
      signal: new AbortController().signal,
    },
    { write: async (bytes) => await Promise.resolve(void copy.push(Buffer.from(bytes))) },
  );
  await reader.close();
  expect(sha256).toBe(first.sha256);
  expect(await text(createReadStream(path, { encoding: 'latin1' }))).toBe(
    Buffer.concat(copy).toString('latin1'),
  );
});
