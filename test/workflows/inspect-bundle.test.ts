import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { inspectView } from '../../src/views/inspect-view.ts';
import { inspectBundle } from '../../src/workflows/inspect-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesHeldOpen } from './files-held-open.ts';

const sample = await sampleBundle();

async function fileWith(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'sample.tar.zst');
  await writeFile(path, content);
  return path;
}

const failureOf = async (path: string) => await rejection(inspectBundle(path));

test('a bundle tells its id, size and inventory', async () => {
  const path = await fileWith(sample.bytes);
  expect(await inspectBundle(path)).toEqual({
    path,
    id: sample.plan.id,
    size: sample.bytes.length,
    contentSize: sample.plan.inventory.blobs.reduce((sum, { size }) => sum + size, 0),
    inventory: sample.plan.inventory,
  });
  expect(await filesHeldOpen(path)).toBe(0);
});

test('the view of it names every image', async () => {
  const text = inspectView(await inspectBundle(await fileWith(sample.bytes)));
  const { images } = sample.plan.inventory;
  expect(images).toHaveLength(3);
  for (const { reference } of images) expect(text).toContain(`\n${reference} `);
});

test('a damaged blob is not noticed: that is what verify is for', async () => {
  const middle = Math.floor(sample.bytes.length / 2);
  const bytes = Buffer.from(sample.bytes);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  expect((await inspectBundle(await fileWith(bytes))).inventory).toEqual(sample.plan.inventory);
});

test.each<[what: string, content: string | Uint8Array, code: string]>([
  ['a text', 'not a bundle at all, but long enough to be read as one\n'.repeat(20), 'NOT_A_BUNDLE'],
  ['nothing', '', 'BUNDLE_TRUNCATED'],
  ['a bundle without its last byte', sample.bytes.subarray(0, -1), 'BUNDLE_TRUNCATED'],
  ['half of a bundle', sample.bytes.subarray(0, sample.bytes.length / 2), 'BUNDLE_TRUNCATED'],
  ['a bundle without its beginning', sample.bytes.subarray(100), 'BUNDLE_TRUNCATED'],
])('%s is refused', async (_what, content, code) => {
  const path = await fileWith(content);
  const error = await failureOf(path);
  expect(error).toMatchObject({ code, kind: 'content', oclif: { exit: 5 } });
  expect(error.message).toContain(path);
  expect(error.suggestions.length).toBeGreaterThan(0);
  expect(await filesHeldOpen(path)).toBe(0);
});

test('a changed byte in the inventory is noticed', async () => {
  const bytes = Buffer.from(sample.bytes);
  bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60);
  expect(await failureOf(await fileWith(bytes))).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
});

test('a missing file is not found', async () => {
  const path = join(await temporaryFolder(), 'missing.tar.zst');
  expect(await failureOf(path)).toMatchObject({
    code: 'FILE_NOT_FOUND',
    kind: 'notFound',
    message: `reading the bundle ${path} failed: no such file or folder`,
  });
});

test('a folder is no bundle', async () => {
  const path = join(await temporaryFolder(), 'content-1a2b3c4d');
  await mkdir(path);
  expect(await failureOf(path)).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
});
