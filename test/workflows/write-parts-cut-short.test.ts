import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { openBundle } from '../../src/workflows/open-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { smallDisk } from '../support/small-disk.ts';
import { splitBundle, splitName, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesOf } from './files-of.ts';

const run = promisify(execFile);

test('a failure leaves nothing of it, and an older bundle as it was', async () => {
  const folder = await temporaryFolder();
  await splitBundle(folder, { seed: 1 });
  const before = await filesOf(folder);
  const gone = new PaletteEdgeError('BLOB_NOT_FOUND', 'it has gone', { kind: 'notFound' });
  const options = await splitOptions(folder, { split: { partSize: 500, style: 'plain' } });
  const open: typeof options.blobs.open = async (blob, how) => {
    if (blob.size > 8000) throw gone;
    return await options.blobs.open(blob, how);
  };
  const blobs = { sizeOf: options.blobs.sizeOf.bind(options.blobs), open };
  expect(await rejection(writeOutput({ ...options, blobs }))).toBe(gone);
  expect(await filesOf(folder)).toEqual(before);
});

test('an interruption in the middle leaves nothing, not even the folder that was made', async () => {
  const folder = await temporaryFolder();
  const interrupt = new AbortController();
  const options = await splitOptions(join(folder, 'content-1a2b3c4d'), {
    split: { partSize: 100, style: 'plain' },
    signal: interrupt.signal,
  });
  let left = 3;
  const open: typeof options.blobs.open = async (blob, how) => {
    left -= 1;
    if (left === 0) interrupt.abort(new Error('Ctrl-C'));
    return await options.blobs.open(blob, how);
  };
  const blobs = { sizeOf: options.blobs.sizeOf.bind(options.blobs), open };
  await expect(writeOutput({ ...options, blobs })).rejects.toThrow('Ctrl-C');
  expect(await readdir(folder)).toEqual([]);
});

test('killed with -9 in the middle, it leaves an older bundle whole, and nothing with a name', async () => {
  const folder = await temporaryFolder();
  await splitBundle(folder, { seed: 1 });
  const before = await filesOf(folder);
  const script = fileURLToPath(new URL('parts-writing-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [told] = await once(child.stdout, 'data');
  expect(String(told)).toBe('waiting\n');
  child.kill('SIGKILL');
  await once(child, 'close');
  const after = await filesOf(folder);
  const partials = [...after.keys()].filter((name) => !before.has(name));
  expect(partials.length).toBeGreaterThan(10);
  expect(partials.every((name) => /^edge\.tar\.zst\.[0-9a-f]{12}\.partial$/.test(name))).toBe(true);
  expect(new Map([...after].filter(([name]) => before.has(name)))).toEqual(before);
  const { parts } = await splitBundle(folder, { seed: 3 });
  const names = (await readdir(folder)).filter((name) => !partials.includes(name));
  expect(names).toEqual([...parts.map(({ name }) => name), `${splitName}.parts.json`, `${splitName}.sha256`]);
});

test('a disk that is full: told as such, nothing is left of it, and an older bundle is whole', async () => {
  await using disk = await smallDisk(64 * 1024);
  const split = { partSize: 4096, style: 'plain' } as const;
  await splitBundle(disk.path, { split });
  const before = await filesOf(disk.path);
  const error = await rejection(splitBundle(disk.path, { split, seed: 1 }));
  expect(error).toMatchObject({ code: 'DISK_FULL', kind: 'disk' });
  expect(error.message).toContain(join(disk.path, splitName));
  expect(await filesOf(disk.path)).toEqual(before);
});

test('killed while parts got their names, the next build knows which are its own, and cleans up', async () => {
  const folder = await temporaryFolder();
  const aside = await temporaryFolder();
  await splitBundle(folder, { seed: 1, split: { partSize: 5000, style: 'plain' } });
  const newer = await splitBundle(aside, { seed: 2, split: { partSize: 1000, style: 'plain' } });
  // All but the last two have their names, and the list has not.
  const named = newer.parts.slice(0, -2);
  for (const { name } of named) await copyFile(join(aside, name), join(folder, name));
  const unfinished = join(folder, `${splitName}.parts.json.0123456789ab.partial`);
  await copyFile(newer.list, unfinished);
  expect(await rejection(openBundle(join(folder, splitName)))).toMatchObject({ code: 'PARTS_INCOMPLETE' });
  const { parts } = await splitBundle(folder, { seed: 3 });
  expect(parts.length).toBeLessThan(named.length);
  expect(await readdir(folder)).toEqual([
    ...parts.map(({ name }) => name),
    `${splitName}.parts.json`,
    `${splitName}.sha256`,
  ]);
});

test('an unfinished list says which parts are ours however old it is', async () => {
  const folder = await temporaryFolder();
  const { list, parts } = await splitBundle(folder, { seed: 1, split: { partSize: 1000, style: 'plain' } });
  const unfinished = `${list}.0123456789ab.partial`;
  await rename(list, unfinished);
  await run('touch', ['-d', '3 days ago', unfinished]);
  const newer = await splitBundle(folder, { seed: 3 });
  expect(newer.parts.length).toBeLessThan(parts.length);
  expect(await readdir(folder)).toEqual([
    ...newer.parts.map(({ name }) => name),
    `${splitName}.parts.json`,
    `${splitName}.sha256`,
  ]);
});

test('what a killed build wrote of a list is removed after a day', async () => {
  const folder = await temporaryFolder();
  const unfinished = join(folder, `${splitName}.parts.json.0123456789ab.partial`);
  await writeFile(unfinished, 'half a li');
  await run('touch', ['-d', '3 days ago', unfinished]);
  await splitBundle(folder);
  await expect(stat(unfinished)).rejects.toThrow('ENOENT');
});

test('a part that cannot get its name: the error names it, and no half file is left', async () => {
  const folder = await temporaryFolder();
  const { parts } = await splitBundle(await temporaryFolder());
  const second = parts[1]?.name ?? '';
  const options = await splitOptions(folder);
  await run('mkdir', ['-p', join(folder, second, 'taken')]);
  const error = await rejection(writeOutput(options));
  expect(error).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
  expect(error.message).toContain(join(folder, second));
  const names = await readdir(folder);
  expect(names.filter((name) => name.endsWith('.partial'))).toEqual([
    expect.stringMatching(/^edge\.tar\.zst\.parts\.json\.[0-9a-f]{12}\.partial$/),
  ]);
  await rm(join(folder, second), { recursive: true });
  await splitBundle(folder);
  expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('what a build that was killed long ago left is removed', async () => {
  const folder = await temporaryFolder();
  const stale = join(folder, `${splitName}.0123456789ab.partial`);
  await writeFile(stale, noise(100, 1));
  await run('touch', ['-d', '3 days ago', stale]);
  await splitBundle(folder);
  await expect(stat(stale)).rejects.toThrow('ENOENT');
  await rename(join(folder, `${splitName}.part00`), stale);
  await splitBundle(folder);
  expect(await readdir(folder)).toContain(`${splitName}.0123456789ab.partial`);
});
