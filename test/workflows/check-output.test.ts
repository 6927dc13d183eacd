import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { checkOutput } from '../../src/workflows/check-output.ts';
import { rejection } from '../support/rejection.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A folder with one of everything that a path may stand for. */
async function folderOfEverything(): Promise<string> {
  const folder = await temporaryFolder();
  const at = (name: string) => join(folder, name);
  await writeFile(at('empty'), '');
  await writeFile(at('bundle'), (await sampleBundle()).bytes);
  await writeFile(at('bundle.sha256'), `${'0'.repeat(64)}  bundle\n`);
  await writeFile(at('profile.json'), '{"metadata":{}}');
  await writeFile(at('short'), Buffer.from([0x28, 0xb5]));
  await writeFile(at('beside.sha256'), 'notes');
  await mkdir(at('folder'));
  await promisify(execFile)('mkfifo', [at('fifo'), at('piped.sha256')]);
  const links = { toBundle: 'bundle', toProfile: 'profile.json', toFifo: 'fifo', toNothing: 'nothing' };
  for (const [name, target] of Object.entries(links)) await symlink(target, at(name));
  const server = createServer().listen(at('socket'));
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return folder;
}

test.each(['new', 'new/deep', 'empty', 'bundle', 'toBundle'])('a bundle may go to %s', async (name) => {
  await expect(checkOutput(join(await folderOfEverything(), name))).resolves.toBeUndefined();
});

test.each([
  ['folder', 'NOT_A_FILE', 'it is a folder, not a file'],
  ['new/', 'NOT_A_FILE', 'it is a folder, not a file'],
  ['fifo', 'NOT_A_FILE', 'it is not a regular file'],
  ['toFifo', 'NOT_A_FILE', 'it is not a regular file'],
  ['socket', 'NOT_A_FILE', 'it is not a regular file'],
  ['toNothing', 'NOT_A_FILE', 'it is a symbolic link to a file that does not exist'],
  ['profile.json', 'OUTPUT_TAKEN', 'the file is there already and is no bundle'],
  ['toProfile', 'OUTPUT_TAKEN', 'the file is there already and is no bundle'],
  ['short', 'OUTPUT_TAKEN', 'the file is there already and is no bundle'],
])('a bundle may not go to %s', async (name, code, reason) => {
  const path = `${await folderOfEverything()}/${name}`;
  const error = await rejection(checkOutput(path));
  expect(error).toMatchObject({ code, kind: 'usage' });
  expect(error.message).toBe(`writing the bundle to ${path} failed: ${reason}`);
});

test.each([
  ['beside', 'OUTPUT_TAKEN', 'the file is there already and is no checksum of a bundle'],
  ['piped', 'NOT_A_FILE', 'it is not a regular file'],
])('nor to %s, whose checksum would replace something else', async (name, code, reason) => {
  const path = join(await folderOfEverything(), name);
  const error = await rejection(checkOutput(path));
  expect(error).toMatchObject({ code, kind: 'usage' });
  expect(error.message).toBe(`writing the bundle to ${path}.sha256 failed: ${reason}`);
});

test('what to do about a file that is there is said', async () => {
  const error = await rejection(checkOutput(join(await folderOfEverything(), 'profile.json')));
  expect(error).toMatchObject({ suggestions: ['Remove the file, or name another with --output.'] });
});
