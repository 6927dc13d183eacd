import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { contentEntries, contentFilesOf, contentPieceSize } from '../../src/iso/installer-layout.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

test.each([
  ['a whole number of pieces', 30_000],
  ['a rest', 25_001],
  ['less than a piece', 9999],
  ['many pieces', 450_000],
])('files are what split of GNU coreutils makes, as CanvOS calls it: %s', async (_, size) => {
  const folder = await temporaryFolder();
  const path = join(folder, 'edge.tar.zst');
  await writeFile(path, noise(size, 3));
  await run('split', ['--bytes=10KB', '--numeric-suffixes', path, `${path}_part`]);
  const names = (await readdir(folder)).filter((name) => name.includes('_part')).toSorted();

  const entries = contentEntries('edge.tar.zst', [{ path, size }], 10_000);

  expect(entries.map((entry) => basename(entry.path))).toEqual(names);
  const bytes = await readFile(path);
  for (const { path: inside, start = 0, size: length } of entries) {
    const made = await readFile(join(folder, basename(inside)));
    expect(bytes.subarray(start, start + length).equals(made)).toBe(true);
  }
});

test('3GB are 3 000 000 000 bytes, as they are for split', async () => {
  const { stdout } = await run('numfmt', ['--from=si', '3G']);
  expect(contentPieceSize).toBe(Number(stdout));
});

test('parts are cut each by itself, and numbered through', () => {
  const sources = [
    { path: '/a.part00', size: 15 },
    { path: '/a.part01', size: 10 },
    { path: '/a.part02', size: 3 },
  ];
  const entries = contentEntries('a.zst', sources, 10);
  expect(entries.map(({ path, source, start, size }) => [path.slice(-2), source, start, size])).toEqual([
    ['00', '/a.part00', 0, 10],
    ['01', '/a.part00', 10, 5],
    ['02', '/a.part01', 0, 10],
    ['03', '/a.part02', 0, 3],
  ]);
});

test('of files in the folder of the content, those of one bundle are known by its whole name', () => {
  const folder = 'opt/spectrocloud/content/';
  const own = [`${folder}a.zst`, `${folder}a.zst_part00`, `${folder}a.zst_part9000`];
  const others = [`${folder}a.zst.sha256`, `${folder}a.zst_partial`, `${folder}ba.zst_part00`, 'a.zst'];
  expect(contentFilesOf('a.zst', [...others, ...own])).toEqual(own);
});
