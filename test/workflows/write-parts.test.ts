import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { partNames } from '../../src/bundle/part-name.ts';
import { parsePartsList } from '../../src/bundle/parts-list.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { HashThread } from '../../src/io/hash-thread.ts';
import { openBundle } from '../../src/workflows/open-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import { smallDisk } from '../support/small-disk.ts';
import { splitBundle, splitName, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

/** All files of a folder by name. */
async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(folder, name))]),
    ),
  );
}

async function opened(path: string): Promise<AsyncDisposable & { readonly id: string }> {
  const reader = await openBundle(path);
  return { id: reader.id, [Symbol.asyncDispose]: async () => await reader.close() };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test.each([8192, 8193, 1000, 777, 100_000])(
  'parts of %i bytes, joined by cat in the order of their names, are the bundle in one file',
  async (partSize) => {
    const folder = await temporaryFolder();
    const whole = join(folder, 'whole.tar.zst');
    await writeOutput({ ...(await splitOptions(folder)), path: whole, split: undefined });
    const {
      path,
      size,
      sha256: digest,
      parts,
    } = await splitBundle(folder, {
      split: { partSize, style: 'plain' },
    });
    await run('sh', ['-c', `cat '${path}'.part[0-9]* | cmp - '${whole}'`]);
    expect(parts.map(({ name }) => name)).toEqual(partNames(splitName, Math.ceil(size / partSize), 'plain'));
    for (const part of parts) {
      const bytes = await readFile(join(folder, part.name));
      expect(part).toEqual({ name: part.name, size: bytes.length, sha256: sha256(bytes) });
    }
    expect(parts.slice(0, -1).every((part) => part.size === partSize)).toBe(true);
    expect(digest).toBe(`sha256:${sha256(await readFile(whole))}`);
  },
);

test('they are the same when a thread hashes and writes them', async () => {
  const [here, there] = [await temporaryFolder(), await temporaryFolder()];
  const hasher = new HashThread();
  onTestFinished(async () => await hasher[Symbol.asyncDispose]());
  await splitBundle(here, { split: { partSize: 1500, style: 'plain' } });
  await splitBundle(there, { split: { partSize: 1500, style: 'plain' }, hasher });
  expect(await filesOf(there)).toEqual(await filesOf(here));
});

test('beside them lie a list of all, and checksums that sha256sum takes; nothing else', async () => {
  const folder = await temporaryFolder();
  const options = await splitOptions(folder);
  const { list, parts, path, size, sha256: digest } = await splitBundle(folder);
  expect(await readdir(folder)).toEqual([
    ...parts.map(({ name }) => name),
    'edge.tar.zst.parts.json',
    'edge.tar.zst.sha256',
  ]);
  expect(list).toBe(`${path}.parts.json`);
  expect(parsePartsList(await readFile(list), list)).toEqual({
    tool: { name: 'palette-edge', version: '0.1.0' },
    bundle: { name: splitName, size, sha256: digest.slice(7), id: options.plan.id },
    parts,
  });
  const { stdout } = await run('sha256sum', ['-c', 'edge.tar.zst.sha256'], { cwd: folder });
  expect(stdout).toBe(parts.map(({ name }) => `${name}: OK\n`).join(''));
});

test('in the style of CanvOS they are called as its script calls them', async () => {
  const folder = await temporaryFolder();
  await writeOutput({ ...(await splitOptions(folder)), split: undefined });
  await run('split', ['--bytes=8192', '--numeric-suffixes', splitName, `${splitName}_part`], { cwd: folder });
  const expected = new Map([...(await filesOf(folder))].filter(([name]) => name.includes('_part')));
  const other = await temporaryFolder();
  await splitBundle(other, { split: { partSize: 8192, style: 'canvos' } });
  const written = new Map([...(await filesOf(other))].filter(([name]) => name.includes('_part')));
  expect(expected.size).toBeGreaterThan(1);
  expect(written).toEqual(expected);
});

test('a bundle that fits into one part has one', async () => {
  const folder = await temporaryFolder();
  const { parts } = await splitBundle(folder, { split: { partSize: 10_000_000, style: 'plain' } });
  expect(parts.map(({ name }) => name)).toEqual(['edge.tar.zst.part00']);
});

test('what an older and longer bundle has left is removed, of either style and any number of digits', async () => {
  const folder = await temporaryFolder();
  const many = await splitBundle(folder, { split: { partSize: 150, style: 'plain' } });
  expect(many.parts.length).toBeGreaterThan(100);
  expect(many.parts[0]?.name).toBe('edge.tar.zst.part000');
  await splitBundle(folder, { split: { partSize: 8192, style: 'canvos' } });
  const { parts } = await splitBundle(folder, { split: { partSize: 9000, style: 'plain' } });
  expect(await readdir(folder)).toEqual([
    ...parts.map(({ name }) => name),
    'edge.tar.zst.parts.json',
    'edge.tar.zst.sha256',
  ]);
});

test('nothing is removed that the older list does not name, or that is not as long as it says', async () => {
  const folder = await temporaryFolder();
  const { parts } = await splitBundle(folder, { split: { partSize: 1000, style: 'plain' } });
  const last = parts.at(-1)?.name ?? '';
  await writeFile(join(folder, last), 'notes');
  await writeFile(join(folder, splitName), 'a bundle in one file');
  await writeFile(join(folder, 'other.tar.zst.part00'), 'of another bundle');
  const list = JSON.parse(await readFile(join(folder, `${splitName}.parts.json`), 'utf8'));
  list.parts.push({ name: 'keys.pem', size: 4, sha256: '0'.repeat(64) });
  list.bundle.size += 4;
  await writeFile(join(folder, `${splitName}.parts.json`), JSON.stringify(list));
  await writeFile(join(folder, 'keys.pem'), 'keys');
  await splitBundle(folder);
  expect(await readFile(join(folder, last), 'utf8')).toBe('notes');
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining([splitName, 'other.tar.zst.part00', 'keys.pem']),
  );
});

test('an older bundle in one file goes when the parts are complete: the name stands for the new one', async () => {
  const folder = await temporaryFolder();
  await writeOutput({ ...(await splitOptions(folder, { seed: 1 })), split: undefined });
  const { list, parts, path } = await splitBundle(folder);
  await using reader = await opened(path);
  expect(reader.id).toBe(parsePartsList(await readFile(list), list).bundle.id);
  expect(await readdir(folder)).toEqual([
    ...parts.map(({ name }) => name),
    'edge.tar.zst.parts.json',
    'edge.tar.zst.sha256',
  ]);
});

test('a bundle in one file removes the parts of an older one, whichever style, and what a killed build left of it', async () => {
  const folder = await temporaryFolder();
  await splitBundle(folder, { split: { partSize: 5000, style: 'canvos' } });
  await rename(
    join(folder, `${splitName}.parts.json`),
    join(folder, `${splitName}.parts.json.0123456789ab.partial`),
  );
  await writeFile(join(folder, `${splitName}.part07`), 'in no list');
  await writeOutput({ ...(await splitOptions(folder)), split: undefined });
  expect(await readdir(folder)).toEqual([splitName, `${splitName}.part07`, `${splitName}.sha256`]);
});

test('parts that are longer or shorter than their list says stay beside a bundle in one file', async () => {
  const folder = await temporaryFolder();
  await splitBundle(folder);
  await writeFile(join(folder, `${splitName}.part01`), 'notes');
  await writeOutput({ ...(await splitOptions(folder)), split: undefined });
  expect(await readdir(folder)).toEqual([splitName, `${splitName}.part01`, `${splitName}.sha256`]);
});

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
