import { writeFileSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { extractBundle } from '../../src/workflows/extract-bundle.ts';
import type { ExtractRequest } from '../../src/workflows/extract-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { docker, multi, piped, writtenBundle } from '../support/rich-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { extractRichBundle, image, options, rich } from './extract-rich-bundle.ts';

test('what a killed run left in an empty folder is not in the way, and goes when it is old', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, '.0123456789ab.partial', 'blobs'), { recursive: true });
  await mkdir(join(folder, '.ba9876543210.partial'));
  await utimes(join(folder, '.0123456789ab.partial'), 1, 1);
  await extractRichBundle(image(docker, folder));
  expect((await readdir(folder)).toSorted()).toEqual([
    '.ba9876543210.partial',
    'blobs',
    'index.json',
    'oci-layout',
  ]);
});

test('what a killed run left of a file goes when it is old', async () => {
  const folder = await temporaryFolder();
  const left = join(folder, 'web.tgz.0123456789ab.partial');
  await writeFile(left, 'half');
  await utimes(left, 1, 1);
  await extractRichBundle({ kind: 'chart', chart: 'web', output: { path: join(folder, 'web.tgz') } });
  expect(await readdir(folder)).toEqual(['web.tgz']);
});

test('what somebody else extracts into the same empty folder meanwhile stays', async () => {
  const folder = await temporaryFolder();
  const path = await writtenBundle(rich.bundle);
  const listener = { onStart: () => undefined, onBytes: () => writeFileSync(join(folder, 'mine'), 'mine') };
  const extracting = extractBundle({ path }, { kind: 'all', folder }, { ...options, listener });
  expect(await rejection(extracting)).toMatchObject({ code: 'OUTPUT_TAKEN' });
  expect(await readdir(folder)).toEqual(['mine']);
});

function damagedBytes(): Buffer {
  const bytes = Buffer.from(rich.bundle.bytes);
  const place = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  return bytes;
}

test.each<[string, (path: string) => ExtractRequest]>([
  ['an archive', (path) => image(multi, path, { format: 'oci-archive' })],
  ['a layout', (path) => image(multi, path)],
  ['everything', (path) => ({ kind: 'all', folder: path })],
])('an interruption leaves none of the folders that were made for %s', async (_what, request) => {
  const folder = await temporaryFolder();
  const abort = new AbortController();
  const listener = { onStart: () => undefined, onBytes: () => abort.abort(new Error('Ctrl-C')) };
  const path = await writtenBundle(rich.bundle);
  const output = join(folder, 'several', 'new', 'folders');
  const extracting = extractBundle({ path }, request(output), { listener, signal: abort.signal });
  await expect(extracting).rejects.toThrow('Ctrl-C');
  expect(await readdir(folder)).toEqual([]);
});

test('damage leaves nothing under the name, and nothing beside it', async () => {
  const bytes = damagedBytes();
  const path = await writtenBundle({ ...rich.bundle, bytes });
  const folder = await temporaryFolder();
  const output = join(folder, 'all');
  for (const stream of [undefined, piped(bytes)]) {
    const extracting = extractBundle({ path, stream }, { kind: 'all', folder: output }, options);
    expect(await rejection(extracting)).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
    expect(await readdir(folder)).toEqual([]);
  }
});

test('a stream that is not whole at its end leaves nothing, though all blobs came', async () => {
  const folder = await temporaryFolder();
  const stream = piped(rich.bundle.bytes.subarray(0, -1));
  const request: ExtractRequest = { kind: 'all', folder: join(folder, 'all') };
  expect(await rejection(extractBundle({ path: '-', stream }, request, options))).toMatchObject({
    code: 'BUNDLE_TRUNCATED',
  });
  expect(await readdir(folder)).toEqual([]);
});

test('an interruption leaves nothing', async () => {
  const folder = await temporaryFolder();
  const abort = new AbortController();
  const request: ExtractRequest = { kind: 'all', folder: join(folder, 'all') };
  const listener = { onStart: () => undefined, onBytes: () => abort.abort(new Error('Ctrl-C')) };
  const path = await writtenBundle(rich.bundle);
  const extracting = extractBundle({ path }, request, { listener, signal: abort.signal });
  await expect(extracting).rejects.toThrow('Ctrl-C');
  expect(await readdir(folder)).toEqual([]);
});
