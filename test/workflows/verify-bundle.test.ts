import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { verifyView } from '../../src/views/verify-view.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesHeldOpen } from './files-held-open.ts';

const sample = await sampleBundle();
const { inventory } = sample.plan;
const silent = { onStart: () => undefined, onBytes: () => undefined };
const { signal } = new AbortController();

async function fileWith(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'sample.tar.zst');
  await writeFile(path, content);
  return path;
}

function damagedAt(position: number): Buffer {
  const bytes = Buffer.from(sample.bytes);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
  return bytes;
}

test('a whole bundle has no problems', async () => {
  const path = await fileWith(sample.bytes);
  const result = await verifyBundle(path, silent, signal);
  expect(result).toEqual({
    path,
    id: sample.plan.id,
    name: 'edge-demo',
    images: 3,
    companions: 0,
    blobs: inventory.blobs.length,
    bytes: inventory.blobs.reduce((sum, { size }) => sum + size, 0),
    problems: [],
  });
  expect(verifyView(result)).toMatch(/ is whole: edge-demo [0-9a-f]{8}, 3 images, \d+ blobs, /);
  expect(await filesHeldOpen(path)).toBe(0);
});

test('progress begins with the sum of what will be told, and ends there', async () => {
  const told: number[] = [];
  let done = 0;
  const listener = {
    onStart: (total: number) => void told.push(total),
    onBytes: (count: number) => {
      expect(told).toHaveLength(1);
      done += count;
    },
  };
  await verifyBundle(await fileWith(sample.bytes), listener, signal);
  expect(told).toEqual([done]);
  expect(done).toBeGreaterThan(0);
});

test('a changed byte is found, with the blob it is in and the images that need that', async () => {
  const path = await fileWith(damagedAt(Math.floor(sample.bytes.length / 2)));
  const result = await verifyBundle(path, silent, signal);
  expect(result.problems.length).toBeGreaterThan(0);
  for (const { digest, role, images } of result.problems) {
    expect(inventory.blobs.find((blob) => blob.digest === digest)?.role).toBe(role);
    expect(images.length).toBeGreaterThan(0);
  }
  expect(verifyView(result)).toContain(`${path} is damaged: `);
  expect(await filesHeldOpen(path)).toBe(0);
});

test('after a fault all the rest is still verified', async () => {
  const bytes = damagedAt(Math.floor(sample.bytes.length * 0.4));
  const far = Math.floor(sample.bytes.length * 0.8);
  bytes.writeUInt8(bytes.readUInt8(far) ^ 1, far);
  const { problems, blobs } = await verifyBundle(await fileWith(bytes), silent, signal);
  expect(new Set(problems.map(({ digest }) => digest)).size).toBeGreaterThan(1);
  expect(blobs).toBe(inventory.blobs.length);
});

test.each<[what: string, content: string | Uint8Array, code: string]>([
  ['a text', 'not a bundle\n'.repeat(100), 'NOT_A_BUNDLE'],
  ['nothing', '', 'BUNDLE_TRUNCATED'],
  ['a bundle that was cut off', sample.bytes.subarray(0, -1000), 'BUNDLE_TRUNCATED'],
  ['a bundle whose inventory is damaged', damagedAt(60), 'BUNDLE_DAMAGED'],
  ['a bundle whose end is damaged', damagedAt(sample.bytes.length - 20), 'BUNDLE_DAMAGED'],
])('%s cannot be opened', async (_what, content, code) => {
  const path = await fileWith(content);
  const error = await rejection(verifyBundle(path, silent, signal));
  expect(error).toMatchObject({ code, kind: 'content' });
  expect(error.message).toContain(path);
  expect(await filesHeldOpen(path)).toBe(0);
});

test('a missing file and a folder are told as such', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'folder'));
  expect(await rejection(verifyBundle(join(folder, 'missing'), silent, signal))).toMatchObject({
    code: 'FILE_NOT_FOUND',
    kind: 'notFound',
  });
  expect(await rejection(verifyBundle(join(folder, 'folder'), silent, signal))).toMatchObject({
    code: 'NOT_A_FILE',
    kind: 'usage',
  });
});

test('an interruption ends it at once, and the file is closed', async () => {
  const path = await fileWith(sample.bytes);
  const controller = new AbortController();
  const reason = new Error('enough');
  const seen: number[] = [];
  const listener = {
    onStart: () => controller.abort(reason),
    onBytes: (count: number) => void seen.push(count),
  };
  await expect(verifyBundle(path, listener, controller.signal)).rejects.toBe(reason);
  expect(seen).toEqual([]);
  expect(await filesHeldOpen(path)).toBe(0);
});

test('the count of open files sees one that is held', async () => {
  const path = await fileWith('x');
  const file = await open(path);
  expect(await filesHeldOpen(path)).toBe(1);
  await file.close();
});
