import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { BlobStore } from '../../src/store/blob-store.ts';
import { openStoreLayout } from '../../src/store/store-layout.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const everything = ['CACHEDIR.TAG', 'blobs', 'index.json', 'ingest', 'oci-layout', 'palette-edge-store.json'];

test('a new folder becomes an OCI image layout and a store, its parents are made', async () => {
  const folder = join(await temporaryFolder(), 'a/b');
  const store = await BlobStore.open(folder);
  expect(store.folder).toBe(folder);
  expect((await readdir(folder)).toSorted()).toEqual(everything);
  expect(await readdir(join(folder, 'blobs'))).toEqual(['sha256']);
  expect(await readFile(join(folder, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}');
  expect(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [],
  });
  expect(JSON.parse(await readFile(join(folder, 'palette-edge-store.json'), 'utf8'))).toEqual({ version: 1 });
  expect(await readFile(join(folder, 'CACHEDIR.TAG'), 'utf8')).toMatch(
    /^Signature: 8a477f597d28d172789f06886806bc55\n/,
  );
});

test.runIf(existsSync('/proc/self'))('a place that takes no folders ends it at once', async () => {
  const error = await rejection(openStoreLayout('/proc/palette-edge-store'));
  expect(error).toMatchObject({ code: 'FOLDER_REFUSED', kind: 'disk' });
});

test('opening again changes nothing, whatever other tools wrote into index.json', async () => {
  const folder = await temporaryFolder();
  await BlobStore.open(folder);
  await writeFile(join(folder, 'index.json'), '{"schemaVersion":2,"manifests":[{}]}');
  const before = await stat(join(folder, 'oci-layout'));
  await BlobStore.open(folder);
  expect(await readFile(join(folder, 'index.json'), 'utf8')).toBe('{"schemaVersion":2,"manifests":[{}]}');
  expect((await stat(join(folder, 'oci-layout'))).ino).toBe(before.ino);
});

test('what is missing of a store, after a crash while it was made, is made', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'palette-edge-store.json'), '{"version":1}');
  await BlobStore.open(folder);
  expect((await readdir(folder)).toSorted()).toEqual(everything);
});

test.each([
  ['a fresh disk', 'lost+found'],
  ['where a process was killed at its first step', 'palette-edge-store.json.0123456789ab.partial'],
])('%s is as good as empty', async (_, name) => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, name));
  await BlobStore.open(folder);
  expect(await readdir(folder)).toContain('oci-layout');
});

test('an OCI image layout of another tool becomes a store and keeps its tags', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'oci-layout'), '{ "imageLayoutVersion": "1.0.0" }');
  await writeFile(join(folder, 'index.json'), '{"schemaVersion":2,"manifests":[]}');
  await BlobStore.open(folder);
  expect((await readdir(folder)).toSorted()).toEqual(everything);
  expect(await readFile(join(folder, 'index.json'), 'utf8')).toBe('{"schemaVersion":2,"manifests":[]}');
});

test('many at once make one store', async () => {
  const folder = join(await temporaryFolder(), 'store');
  await Promise.all(Array.from({ length: 20 }, async () => await openStoreLayout(folder)));
  expect((await readdir(folder)).toSorted()).toEqual(everything);
});

test.each([
  ['a home folder', { 'notes.txt': 'x' }, 'NOT_A_STORE', 'neither a store nor an OCI image layout'],
  [
    'another version',
    { 'palette-edge-store.json': '{"version":2}' },
    'STORE_VERSION_UNSUPPORTED',
    'it is a store of version 2; this palette-edge knows version 1',
  ],
  ['no JSON', { 'palette-edge-store.json': '{' }, 'STORE_VERSION_UNSUPPORTED', 'an unknown version'],
  ['no object', { 'palette-edge-store.json': '[1]' }, 'STORE_VERSION_UNSUPPORTED', 'an unknown version'],
  ['null', { 'palette-edge-store.json': 'null' }, 'STORE_VERSION_UNSUPPORTED', 'an unknown version'],
  [
    'a huge marker',
    { 'palette-edge-store.json': `{"version":1}${' '.repeat(5000)}` },
    'STORE_VERSION_UNSUPPORTED',
    'an unknown version',
  ],
  [
    'another layout',
    { 'oci-layout': '{"imageLayoutVersion":"2.0.0"}' },
    'NOT_A_STORE',
    'it is an OCI image layout of version "2.0.0", not 1.0.0',
  ],
])('%s is refused and left as it is', async (...row) => {
  const [, files, code, reason] = row;
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const error = await rejection(BlobStore.open(folder));
  expect(error).toMatchObject({ code, kind: 'usage' });
  expect(error.message).toMatch(`opening the store ${folder} failed: `);
  expect(error.message).toContain(reason);
  expect(error.suggestions[0]).toContain('--store');
  expect(await readdir(folder)).toEqual(Object.keys(files));
});

test('a file, and a path below a file, are refused', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  for (const path of [file, join(file, 'store')]) {
    expect(await rejection(BlobStore.open(path))).toMatchObject({ code: 'NOT_A_FOLDER', kind: 'usage' });
  }
});

test('a link that leads round in circles is told as it is', async () => {
  const link = join(await temporaryFolder(), 'link');
  await symlink(link, link);
  const error = await rejection(BlobStore.open(link));
  expect(error).toMatchObject({ code: 'DISK_FAILURE', kind: 'disk' });
  expect(error.message).toBe(`opening the store ${link} failed: ELOOP`);
});

test('a place where nobody may write is told as such', async () => {
  // The kernel lets nobody make a folder there, not even root.
  const error = await rejection(BlobStore.open('/sys/palette-edge'));
  expect(error).toMatchObject({ code: 'DISK_PERMISSION', kind: 'disk' });
  expect(error.message).toMatch('opening the store /sys/palette-edge failed: ');
});
