import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { diskFolder } from '../../src/io/folder-access.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('files of a folder are listed, looked at and read', async () => {
  const path = await temporaryFolder();
  await writeFile(join(path, 'file'), 'content');
  await mkdir(join(path, 'folder'));
  await symlink('file', join(path, 'link'));
  await symlink('nothing', join(path, 'broken'));
  const folder = diskFolder(path);
  expect([...(await folder.names())].toSorted()).toEqual(['broken', 'file', 'folder', 'link']);
  expect(await folder.status('file')).toEqual({ isFile: true, size: 7 });
  expect(await folder.status('link')).toEqual({ isFile: true, size: 7 });
  expect(await folder.status('folder')).toMatchObject({ isFile: false });
  expect(await folder.status('broken')).toBeUndefined();
  expect(folder.place('file')).toBe(join(path, 'file'));
  const access = await folder.open('file', 'part');
  expect(Buffer.from(await access.read(3, 4)).toString()).toBe('tent');
  await access.close();
});

test('of a folder that is not there, or is none, nothing is there', async () => {
  const path = await temporaryFolder();
  await writeFile(join(path, 'file'), '');
  for (const folder of [diskFolder(join(path, 'nothing')), diskFolder(join(path, 'file'))]) {
    expect(await folder.names()).toEqual([]);
    expect(await folder.status('a')).toBeUndefined();
  }
});

test('what is to be opened is named with what it is', async () => {
  const path = await temporaryFolder();
  const error = await rejection(diskFolder(path).open('a', 'part'));
  expect(error.message).toBe(`reading the part ${join(path, 'a')} failed: no such file or folder`);
});
