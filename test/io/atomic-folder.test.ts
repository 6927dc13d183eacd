import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { writeFolderAtomically } from '../../src/io/atomic-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, 'a'), 'first');
  await mkdir(join(folder, 'b'));
  await writeFile(join(folder, 'last'), 'second');
}

test('the folder is there when all of it is, and nothing beside it', async () => {
  const parent = await temporaryFolder();
  const path = join(parent, 'x/y');
  const result = await writeFolderAtomically(path, 'last', async (folder) => {
    await fill(folder);
    await expect(readdir(path)).rejects.toMatchObject({ code: 'ENOENT' });
    return 42;
  });
  expect(result).toBe(42);
  expect(await readdir(join(parent, 'x'))).toEqual(['y']);
  expect((await readdir(path)).toSorted()).toEqual(['a', 'b', 'last']);
});

test('an empty folder is filled from inside, so that it may be the root of a drive', async () => {
  const parent = await temporaryFolder();
  const path = join(parent, 'drive');
  await mkdir(path);
  await writeFolderAtomically(`${path}/`, 'last', async (folder) => {
    await fill(folder);
    expect(await readdir(parent)).toEqual(['drive']);
    const [name, ...others] = await readdir(path);
    expect(name).toMatch(/^\.[0-9a-f]{12}\.partial$/);
    expect(others).toEqual([]);
  });
  expect((await readdir(path)).toSorted()).toEqual(['a', 'b', 'last']);
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('first');
});

test.each([
  ['one that is not there', [], []],
  ['an empty one', ['x'], ['x']],
])('a failure leaves nothing of %s', async (_what, there, left) => {
  const parent = await temporaryFolder();
  const path = join(parent, 'x');
  for (const name of there) await mkdir(join(parent, name));
  const writing = writeFolderAtomically(path, 'last', async (folder) => {
    await fill(folder);
    throw new Error('half-way');
  });
  await expect(writing).rejects.toThrow('half-way');
  // What is below it, too.
  expect(await readdir(parent, { recursive: true })).toEqual(left);
});

test('what killed processes left goes when it is old, beside the folder and inside it', async () => {
  const parent = await temporaryFolder();
  const [old, young] = ['0123456789ab', 'ba9876543210'];
  const leftBeside = [`x.${old}.partial`, `x.${young}.partial`, `y.${old}.partial`];
  const leftInside = [`there/.${old}.partial`, `there/.${young}.partial`];
  for (const name of [...leftBeside, ...leftInside]) {
    await mkdir(join(parent, name, 'blobs'), { recursive: true });
    if (name.includes(old)) await utimes(join(parent, name), 1, 1);
  }
  await writeFolderAtomically(join(parent, 'x'), 'last', fill);
  await writeFolderAtomically(join(parent, 'there'), 'last', fill);
  expect((await readdir(parent)).toSorted()).toEqual(
    ['there', 'x', `x.${young}.partial`, `y.${old}.partial`].toSorted(),
  );
  expect((await readdir(join(parent, 'there'))).toSorted()).toEqual([`.${young}.partial`, 'a', 'b', 'last']);
});

test('what appeared meanwhile is not replaced', async () => {
  const path = join(await temporaryFolder(), 'x');
  const writing = writeFolderAtomically(path, 'last', async (folder) => {
    await fill(folder);
    await mkdir(path);
    await writeFile(join(path, 'theirs'), '');
  });
  await expect(writing).rejects.toMatchObject({ code: 'ENOTEMPTY' });
  expect(await readdir(path)).toEqual(['theirs']);
});
