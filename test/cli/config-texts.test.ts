import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { readConfigTexts } from '../../src/cli/config-texts.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The code under test reads the working directory. */
async function workIn(folder: string): Promise<void> {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(folder);
  await Promise.resolve();
}

async function folders() {
  const root = await temporaryFolder();
  const [here, userFolder] = [join(root, 'here'), join(root, 'user')];
  await mkdir(here);
  await mkdir(userFolder);
  await workIn(here);
  return { here, userFolder, user: join(userFolder, 'palette-edge.yaml') };
}

test('the file of the working directory comes before the one of the user', async () => {
  const { userFolder, user } = await folders();
  expect(await readConfigTexts({ userFolder })).toEqual([]);
  await writeFile(user, 'user');
  expect(await readConfigTexts({ userFolder })).toEqual([{ path: user, text: 'user' }]);
  await writeFile('palette-edge.yaml', 'here');
  expect(await readConfigTexts({ userFolder })).toEqual([
    { path: 'palette-edge.yaml', text: 'here', ownFile: user },
    { path: user, text: 'user' },
  ]);
});

test('one file that is both is read once', async () => {
  const { here } = await folders();
  await writeFile('palette-edge.yaml', 'here');
  const path = join(here, 'palette-edge.yaml');
  expect(await readConfigTexts({ userFolder: here })).toEqual([{ path, text: 'here' }]);
});

test('a named file is the only one, and has to be there', async () => {
  const { userFolder, user } = await folders();
  await writeFile('palette-edge.yaml', 'here');
  await writeFile(user, 'user');
  await writeFile('other.yaml', 'other');
  expect(await readConfigTexts({ named: 'other.yaml', userFolder })).toEqual([
    { path: 'other.yaml', text: 'other' },
  ]);
  expect(await rejection(readConfigTexts({ named: 'none.yaml', userFolder }))).toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining('none.yaml'),
  });
});

test('what is no file is refused and not waited for', async () => {
  const { userFolder } = await folders();
  await promisify(execFile)('mkfifo', ['pipe']);
  await symlink('/dev/zero', 'palette-edge.yaml');
  const code = 'CONFIG_FILE_INVALID';
  expect(await rejection(readConfigTexts({ named: 'pipe', userFolder }))).toMatchObject({ code });
  expect(await rejection(readConfigTexts({ userFolder }))).toMatchObject({ code });
  expect(await rejection(readConfigTexts({ named: '.', userFolder }))).toMatchObject({ code: 'NOT_A_FILE' });
});

test('a file that is too large is not read', async () => {
  const { userFolder } = await folders();
  await writeFile('palette-edge.yaml', 'x'.repeat(1024 * 1024 + 1));
  expect(await rejection(readConfigTexts({ userFolder }))).toMatchObject({ code: 'CONFIG_FILE_INVALID' });
});
