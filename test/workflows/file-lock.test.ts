import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ownIdentity } from '../../src/store/process-identity.ts';
import { withFileLock } from '../../src/workflows/file-lock.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('what is done under a lock is done by one at a time, and nothing is left of it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'count');
  await writeFile(path, '0');
  const addOne = async (): Promise<void> =>
    await writeFile(path, String(Number(await readFile(path, 'utf8')) + 1));
  await Promise.all(Array.from({ length: 10 }, async () => await withFileLock(path, addOne)));
  expect(await readFile(path, 'utf8')).toBe('10');
  // One that fails gives it back, too.
  const failing = withFileLock(path, async () => await Promise.reject(new Error('of its own')));
  await expect(failing).rejects.toThrow('of its own');
  expect(await readdir(folder)).toEqual(['count']);
});

test('the lock of a killed process is taken away; one that may live is waited for, and named', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'state');
  // The same process id, of a process that began at another time.
  const killed = { ...(await ownIdentity()), started: '1' };
  await writeFile(`${path}.lock`, JSON.stringify({ version: 1, process: killed }));
  expect(await withFileLock(path, async () => await readdir(folder))).toEqual(['state.lock']);
  expect(await readdir(folder)).toEqual([]);
  for (const text of ['', '{"version":1}', JSON.stringify({ version: 1, process: await ownIdentity() })]) {
    await writeFile(`${path}.lock`, text);
    expect(await rejection(withFileLock(path, async () => await Promise.resolve(), 0))).toMatchObject({
      code: 'FLEET_STATE_LOCKED',
      suggestions: [expect.stringContaining('state.lock')],
    });
    expect(await readFile(`${path}.lock`, 'utf8')).toBe(text);
  }
});
