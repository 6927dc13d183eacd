import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { withMadeFolder } from '../../src/io/with-made-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const failing = async (): Promise<never> => await Promise.reject(new Error('no'));

test('folders are made, and stay when writing succeeds', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'a', 'b', 'c');
  expect(await withMadeFolder(path, async () => await readdir(path))).toEqual([]);
  expect(await readdir(join(folder, 'a', 'b'))).toEqual(['c']);
});

test('when writing fails, all that were made are removed, and none that was there', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'there'));
  await expect(withMadeFolder(join(folder, 'there', 'a', 'b', 'c'), failing)).rejects.toThrow('no');
  expect(await readdir(join(folder, 'there'))).toEqual([]);
  await expect(withMadeFolder(join(folder, 'there'), failing)).rejects.toThrow('no');
  expect(await readdir(folder)).toEqual(['there']);
});

test('one that holds something by then stays, with those around it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'a', 'b', 'c');
  const other = join(folder, 'a', 'b', 'other');
  const writing = withMadeFolder(path, async () => {
    await writeFile(other, '');
    return await failing();
  });
  await expect(writing).rejects.toThrow('no');
  expect(await readdir(join(folder, 'a', 'b'))).toEqual(['other']);
});
