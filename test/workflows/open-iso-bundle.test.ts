import { createHash } from 'node:crypto';
import { readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ExistingBundles } from '../../src/workflows/existing-bundles.ts';
import { inspectBundle } from '../../src/workflows/inspect-bundle.ts';
import { openBundle } from '../../src/workflows/open-bundle.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { sampleEntries, sampleIso } from '../support/sample-iso.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesHeldOpen } from './files-held-open.ts';

const listener = { onStart: () => undefined, onBytes: () => undefined };
const { signal } = new AbortController();

/** An image with the sample twice. */
async function imageOfTwo(): Promise<string> {
  const { folder, path } = await bundleFile('one.tar.zst');
  await writeFile(join(folder, 'two.tar.zst'), await readFile(path));
  return (await makeIso([path, join(folder, 'two.tar.zst')], { folder: 'c' })).path;
}

test('the one bundle of an image is taken for the image', async () => {
  const { path, sample } = await bundleFile();
  const { path: iso } = await makeIso([path], { folder: 'a/b' });
  expect(await inspectBundle(iso)).toMatchObject({
    path: iso,
    id: sample.plan.id,
    size: sample.bytes.length,
  });
  expect(await verifyBundle(iso, listener, signal)).toMatchObject({ problems: [] });
  expect(await filesHeldOpen(iso)).toBe(0);
});

test('what an image holds need not be pulled again', async () => {
  const { path, sample } = await bundleFile();
  const { path: iso } = await makeIso([path]);
  const blob = sample.plan.inventory.blobs.at(0);
  if (blob === undefined) throw new Error('the sample is empty');
  await using bundles = await ExistingBundles.open([iso], () => undefined);
  const found = await bundles.find(blob);
  const hash = createHash('sha256');
  for await (const bytes of (await found?.open({})) ?? []) hash.update(bytes);
  expect(`sha256:${hash.digest('hex')}`).toBe(blob.digest);
});

test('more bundles than anybody puts into an image are not looked into', async () => {
  const names = Array.from({ length: 101 }, (_, index) => `${index}.tar.zst`);
  const iso = await sampleIso(await sampleEntries(Object.fromEntries(names.map((name) => [name, 'x']))));
  expect(await rejection(openBundle(iso))).toMatchObject({ code: 'ISO_CROWDED', kind: 'content' });
  expect(await rejection(openBundle(`${iso}:7.tar.zst`))).toMatchObject({ code: 'NOT_A_BUNDLE' });
});

test('of several one is named', async () => {
  const iso = await imageOfTwo();
  const error = await rejection(openBundle(iso));
  expect(error).toMatchObject({ code: 'ISO_AMBIGUOUS', kind: 'usage' });
  expect(error.suggestions).toEqual([
    `Name this one: ${iso}:c/one.tar.zst`,
    `Name this one: ${iso}:c/two.tar.zst`,
  ]);
  expect(await filesHeldOpen(iso)).toBe(0);
  for (const name of ['c/one.tar.zst', '/c/two.tar.zst']) {
    expect(await verifyBundle(`${iso}:${name}`, listener, signal)).toMatchObject({ problems: [] });
  }
  expect(await filesHeldOpen(iso)).toBe(0);
});

test('a name that is not in the image is told', async () => {
  const iso = await imageOfTwo();
  const error = await rejection(openBundle(`${iso}:c/three.tar.zst`));
  expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toContain(`${iso}:c/three.tar.zst`);
  expect(await filesHeldOpen(iso)).toBe(0);
});

test('files that look like bundles and are none are passed over', async () => {
  const { folder, path, sample } = await bundleFile();
  await writeFile(join(folder, 'other.tar'), 'no bundle');
  const files = [{ path: join(folder, 'other.tar'), name: 'other.tar' }];
  const { path: iso } = await makeIso([path], { files });
  expect(await inspectBundle(iso)).toMatchObject({ id: sample.plan.id });
});

test('an image without any is told', async () => {
  const iso = await sampleIso(await sampleEntries({ 'notes.txt': 'x' }));
  expect(await rejection(openBundle(iso))).toMatchObject({ code: 'ISO_WITHOUT_BUNDLE', kind: 'content' });
  expect(await filesHeldOpen(iso)).toBe(0);
});

test('parts in an image are taken as they are', async () => {
  const folder = await temporaryFolder();
  const { list, parts } = await splitBundle(folder);
  const { path: iso } = await makeIso([list], { folder: 'c' });
  const names = [
    iso,
    `${iso}:c/edge.tar.zst`,
    `${iso}:c/edge.tar.zst.parts.json`,
    `${iso}:c/${parts[1]?.name}`,
  ];
  for (const name of names) {
    const result = await verifyBundle(name, listener, signal);
    expect(result).toMatchObject({ problems: [], parts: { isListed: true, damaged: [] } });
  }
  expect(await filesHeldOpen(iso)).toBe(0);
});

test('a file that has a colon in its name is meant as it is', async () => {
  const { folder, path, sample } = await bundleFile();
  await rename(path, join(folder, 'a:b.tar.zst'));
  expect(await inspectBundle(join(folder, 'a:b.tar.zst'))).toMatchObject({ id: sample.plan.id });
  const { path: iso } = await makeIso([join(folder, 'a:b.tar.zst')], { output: join(folder, 'x:y.iso') });
  // The name cannot be one in an image: there it is the usual one.
  const inside = `core-edge-demo-${sample.plan.id}.tar.zst`;
  expect(await inspectBundle(`${iso}:${inside}`)).toMatchObject({ id: sample.plan.id });
});

test('a path behind a file that is no image leads nowhere', async () => {
  const { path } = await bundleFile();
  expect(await rejection(openBundle(`${path}:inside`))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect(await filesHeldOpen(path)).toBe(0);
});

test('what cannot be read is not said to be an image', async () => {
  const path = join(await temporaryFolder(), 'edge.tar.zst');
  // A file that nobody may read, not even root.
  await symlink('/proc/sys/vm/compact_memory', path);
  const error = await rejection(openBundle(path));
  expect(error.message).toBe(`reading the bundle ${path} failed: permission denied`);
});
