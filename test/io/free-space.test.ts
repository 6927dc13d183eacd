import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { freeSpace } from '../../src/io/free-space.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a folder has what its file system has', async () => {
  const folder = await temporaryFolder();
  const [space, { blocks, bsize }] = await Promise.all([freeSpace(folder), statfs(folder)]);
  expect(space.bytes).toBeGreaterThan(0);
  expect(space.bytes).toBeLessThanOrEqual(blocks * bsize);
});

test('a path that does not exist yet is on the file system of its nearest parent', async () => {
  const folder = await temporaryFolder();
  const [deep, itself] = await Promise.all([freeSpace(join(folder, 'a/b/c.zst')), freeSpace(folder)]);
  expect(deep.device).toBe(itself.device);
});

test('other file systems are other devices', async () => {
  const [root, proc] = await Promise.all([freeSpace('/tmp'), freeSpace('/proc')]);
  expect(root.device).not.toBe(proc.device);
});

test('a path below a file is refused', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(freeSpace(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});
