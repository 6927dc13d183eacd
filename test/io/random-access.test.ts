import { execFile } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { openDeviceAccess, openFileAccess } from '../../src/io/random-access.ts';
import { loopDevice } from '../support/loop-device.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;

test('a file is read at any position, and its end is an error', async () => {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, '0123456789');
  const access = await openFileAccess(path, 'bundle');
  expect(access.size).toBe(10);
  expect(Buffer.from(await access.read(3, 4)).toString()).toBe('3456');
  await truncate(path, 5);
  expect(await rejection(access.read(3, 4))).toMatchObject({ code: 'FILE_TRUNCATED', kind: 'content' });
  await access.close();
});

test('a pipe into which nobody writes is refused at once', async () => {
  const path = join(await temporaryFolder(), 'pipe');
  await run('mkfifo', [path]);
  for (const open of [openFileAccess, openDeviceAccess]) {
    const error = await rejection(open(path, 'bundle'));
    expect(error).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
    expect(error.message).toBe(`reading the bundle ${path} failed: it is not a regular file`);
  }
});

test('a block device is read only by who asks for one, and has the size that the kernel tells', async () => {
  const { path } = await loopDevice({ size: mebibyte + 512 });
  expect(await rejection(openFileAccess(path, 'image'))).toMatchObject({ code: 'NOT_A_FILE' });
  const access = await openDeviceAccess(path, 'image');
  expect(access.size).toBe(mebibyte + 512);
  expect(Buffer.compare(await access.read(mebibyte, 512), Buffer.alloc(512))).toBe(0);
  await access.close();
});

test.each([
  ['a folder', '/tmp', 'NOT_A_FILE'],
  ['a file that is not there', '/nowhere/file', 'FILE_NOT_FOUND'],
])('%s is no file to read', async (_what, path, code) => {
  expect(await rejection(openFileAccess(path, 'bundle'))).toMatchObject({ code });
});
