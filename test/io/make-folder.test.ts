import { existsSync } from 'node:fs';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { expect, test } from 'vitest';

import { makeFolder } from '../../src/io/make-folder.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a folder and its parents are made, and the first one is named', async () => {
  const folder = await temporaryFolder();
  expect(await makeFolder(join(folder, 'a/b/c'))).toBe(join(folder, 'a'));
  expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true);
  expect(await makeFolder(join(folder, 'a/b/d/'))).toBe(join(folder, 'a/b/d'));
});

test('a relative path is one from the working folder', async () => {
  const folder = await temporaryFolder();
  expect(await makeFolder(relative(process.cwd(), join(folder, 'a/b')))).toBe(join(folder, 'a'));
  expect((await stat(join(folder, 'a/b'))).isDirectory()).toBe(true);
});

test('a folder that is there stays, and so does a link to one', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'real'));
  await symlink('real', join(folder, 'link'));
  expect(await makeFolder(join(folder, 'real'))).toBeUndefined();
  expect(await makeFolder(join(folder, 'link'))).toBeUndefined();
  expect(await makeFolder(join(folder, 'link/a'))).toBe(join(folder, 'link/a'));
  expect((await stat(join(folder, 'real/a'))).isDirectory()).toBe(true);
  expect(await makeFolder('/')).toBeUndefined();
});

test('several at once make it once, and none fails', async () => {
  const path = join(await temporaryFolder(), 'a/b/c/d');
  await Promise.all(Array.from({ length: 20 }, async () => await makeFolder(path)));
  expect((await stat(path)).isDirectory()).toBe(true);
});

test.each(['file', 'file/below', 'file/far/below'])('%s, with a file in the way, fails', async (name) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, name))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('a link to nothing in the way fails', async () => {
  const folder = await temporaryFolder();
  await symlink('nowhere', join(folder, 'link'));
  await expect(makeFolder(join(folder, 'link/a'))).rejects.toMatchObject({ code: 'EEXIST' });
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});

test.runIf(existsSync('/proc/self'))('a file system that takes no folders ends it at once', async () => {
  expect(await rejection(makeFolder('/proc/palette-edge/store'))).toMatchObject({
    code: 'FOLDER_REFUSED',
    kind: 'disk',
    message: 'making the folder /proc/palette-edge failed: the file system of /proc takes no new folders',
  });
});
