import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { largestIsoSize } from '../../src/iso/iso-entry.ts';
import type { IsoEntry } from '../../src/iso/iso-entry.ts';
import { writeIso } from '../../src/iso/iso-writer.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { noise } from '../support/sample-bundle.ts';
import { bytesOf, contentOf, openIso, sampleEntries, sampleIso } from '../support/sample-iso.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const files = {
  'core-edge-1a2b3c4d.tar.zst': noise(300_000, 1),
  'spc-config/site.tgz': 'definition',
  'README.txt': 'Read me.\r\n',
  'a-very-long-name-that-Joliet-would-cut-at-sixty-four-characters-and-Windows-would-not-find.txt': 'long',
};

test('isoinfo, 7z and bsdtar list the same names, and read the same content', async () => {
  const iso = await sampleIso(await sampleEntries(files));
  const joliet = await run(requireTool('isoinfo'), ['-J', '-f', '-i', iso]);
  const rockRidge = await run(requireTool('isoinfo'), ['-R', '-f', '-i', iso]);
  const bsdtar = await run(requireTool('bsdtar'), ['-tf', iso]);
  const names = [...Object.keys(files), 'spc-config'].toSorted();
  const listed = (text: string): string[] =>
    text
      .split('\n')
      .map((line) => line.replace(/^\//, ''))
      .filter((line) => line !== '' && line !== '.')
      .toSorted();
  expect(listed(joliet.stdout)).toEqual(names);
  expect(listed(rockRidge.stdout)).toEqual(names);
  expect(listed(bsdtar.stdout)).toEqual(names);
  const options = { encoding: 'latin1', maxBuffer: 2 ** 20 } as const;
  for (const [name, content] of Object.entries(files)) {
    const { stdout } = await run(requireTool('7z'), ['e', '-so', iso, name], options);
    expect(Buffer.from(stdout, 'latin1').equals(Buffer.from(content))).toBe(true);
  }
});

test('blkid shows the label', async () => {
  const iso = await sampleIso(await sampleEntries(files), 'A_LABEL_OF_MORE_THAN_16');
  const { stdout } = await run(requireTool('blkid'), ['-p', '-s', 'LABEL', '-o', 'value', iso]);
  expect(stdout).toBe('A_LABEL_OF_MORE_THAN_16\n');
});

test('owners, modes and times are fixed; what can be run is so', async () => {
  const entries = await sampleEntries({ a: '1', 'b/tool': '2' });
  const iso = await sampleIso(entries.map((entry) => ({ ...entry, isExecutable: entry.path === 'b/tool' })));
  const env = { ...process.env, TZ: 'UTC' };
  const { stdout } = await run(requireTool('bsdtar'), ['-tvf', iso, '--numeric-owner'], { env });
  expect(stdout.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'drwxr-xr-x 3 0 0 2048 Jan 1 2020 .',
    'drwxr-xr-x 2 0 0 2048 Jan 1 2020 b',
    '-rw-r--r-- 1 0 0 1 Jan 1 2020 a',
    '-rwxr-xr-x 1 0 0 1 Jan 1 2020 b/tool',
    '',
  ]);
});

test('the same files from other folders, with other times, modes and inodes, give the same bytes', async () => {
  const first = await sampleEntries(files);
  // Made in the other order: other inode numbers.
  const second = (await sampleEntries(Object.fromEntries(Object.entries(files).toReversed()))).toReversed();
  for (const [index, { source }] of second.entries()) {
    await utimes(source, 1000 * index, 2000 * index);
    await chmod(source, 0o600 + index);
  }
  const bytes = await bytesOf(await sampleIso(first));
  expect(bytes.equals(await bytesOf(await sampleIso(second)))).toBe(true);
  // Nor does the version of the program that wrote it make a difference.
  expect(bytes.toString('latin1')).not.toMatch(/xorriso|libiso/i);
});

test('sources of any name are taken as they are', async () => {
  const folder = await temporaryFolder();
  const source = join(folder, '--a *[b]?\\\n"q" \'=:;');
  await writeFile(source, 'odd');
  const iso = await sampleIso([{ path: 'x', source, size: 3 }]);
  expect(await contentOf(await openIso(iso))).toEqual({ x: 'odd' });
});

test('parts of a file go in without a copy', async () => {
  const [{ source } = { source: '' }] = await sampleEntries({ big: noise(5000, 3) });
  const parts: IsoEntry[] = [
    { path: 'big.part00', source, start: 0, size: 3000 },
    { path: 'big.part01', source, start: 3000, size: 2000 },
  ];
  const content = await contentOf(await openIso(await sampleIso(parts)));
  const joined = Buffer.from(`${content['big.part00']}${content['big.part01']}`, 'latin1');
  expect(joined.equals(noise(5000, 3))).toBe(true);
});

test('the estimate of its size is above it, and not far', async () => {
  const entries = await sampleEntries(
    Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${'n'.repeat(190)}${index}`, 'x'])),
  );
  const { size } = await stat(await sampleIso(entries));
  expect(largestIsoSize(entries)).toBeGreaterThan(size);
  expect(largestIsoSize(entries)).toBeLessThan(size + 1_000_000);
});

test('more files than a command line has room for give the image that they give with one', async () => {
  const folder = await temporaryFolder();
  const odd = join(folder, 'a b\'c"d\\e\nfä');
  await writeFile(odd, 'odd');
  const entries: IsoEntry[] = Array.from({ length: 3000 }, (_, index) => ({
    path: `parts/edge.tar.zst.part${String(index).padStart(4, '0')}`,
    source: odd,
    start: index % 3,
    size: 3 - (index % 3),
  }));
  const options = { label: 'COS_CONTENT', xorriso: requireTool('xorriso'), signal };
  const [short, long] = [join(folder, 'short.iso'), join(folder, 'long.iso')];
  await writeIso(entries, { ...options, path: short });
  const scratch = await temporaryFolder();
  await writeIso(entries, { ...options, path: long, folder: scratch });
  expect(Buffer.compare(await bytesOf(long), await bytesOf(short))).toBe(0);
  expect(await readdir(scratch)).toEqual([]);
});

test('parts whose commands the system would refuse as arguments go into an image', async () => {
  const deep = join(await temporaryFolder(), ...Array.from({ length: 5 }, () => 'x'.repeat(200)));
  await mkdir(deep, { recursive: true });
  const source = join(deep, 'bundle');
  await writeFile(source, noise(10_000, 1));
  const entries: IsoEntry[] = Array.from({ length: 2500 }, (_, index) => ({
    path: `content/edge.tar.zst.part${String(index).padStart(4, '0')}`,
    source,
    start: index,
    size: 1,
  }));
  const path = join(await temporaryFolder(), 'x.iso');
  const options = { label: 'X', path, xorriso: requireTool('xorriso'), signal };
  await expect(writeIso(entries, options)).rejects.toThrow('xorriso failed');
  await writeIso(entries, { ...options, folder: await temporaryFolder() });
  expect((await openIso(path)).files).toHaveLength(2500);
});

test('what goes wrong with one of many files is told as with a few', async () => {
  const folder = await temporaryFolder();
  const entries: IsoEntry[] = Array.from({ length: 2000 }, (_, index) => ({
    path: `${index}`,
    source: join(folder, `${'missing'.repeat(10)}-${index}`),
    size: 1,
  }));
  const options = { label: 'X', path: join(folder, 'x.iso'), xorriso: requireTool('xorriso'), signal };
  const error = await rejection(writeIso(entries, { ...options, folder }));
  expect(error).toMatchObject({ code: 'XORRISO_FAILED' });
  expect(error.message).toContain('missing-0');
  expect(await readdir(folder)).not.toContain('commands');
});
