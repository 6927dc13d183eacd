import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { isRunning, ownIdentity, parseIdentity } from '../../src/store/process-identity.ts';
import type { ProcessIdentity } from '../../src/store/process-identity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('this process runs; one of another machine, start or container is not known', async () => {
  const own = await identity();
  expect(await isRunning(own, own)).toBe(true);
  expect(await isRunning({ ...own, boot: 'another' }, own)).toBeUndefined();
  expect(await isRunning({ ...own, pidNamespace: 'pid:[1]' }, own)).toBeUndefined();
  expect(await isRunning(own, undefined)).toBeUndefined();
});

test('an id that another process has now is not the one that had it', async () => {
  const own = await identity();
  expect(await isRunning({ ...own, started: '1' }, own)).toBe(false);
});

test('one that is stopped runs, one that was killed does not', async () => {
  const own = await identity();
  // A name that looks like the end of a name, and what follows it.
  const program = join(await temporaryFolder(), ') Z 1 1 1');
  await symlink('/bin/sleep', program);
  const child = spawn(program, ['1000'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const { pid = 0 } = child;
  const started = await startOf(pid);
  child.kill('SIGSTOP');
  expect(await isRunning({ ...own, pid, started }, own)).toBe(true);
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
  expect(await isRunning({ ...own, pid, started }, own)).toBe(false);
});

test.each([
  undefined,
  null,
  'text',
  {},
  { boot: 'a', pidNamespace: 'b', pid: '1', started: 'c' },
  { boot: 'a', pidNamespace: 'b', pid: -1, started: 'c' },
  { boot: 'a', pidNamespace: 'b', pid: 1.5, started: 'c' },
  { boot: 'a', pidNamespace: 'b', pid: 1, started: 2 },
])('%j is no identity', (value) => {
  expect(parseIdentity(value)).toBeUndefined();
});

async function identity(): Promise<ProcessIdentity> {
  const own = await ownIdentity();
  if (own === undefined) throw new Error('no /proc here');
  expect(parseIdentity(JSON.parse(JSON.stringify(own)))).toEqual(own);
  return own;
}

/** Read by another program than ours. */
async function startOf(pid: number): Promise<string> {
  const awk = spawn('sh', ['-c', `sed 's/.*) //' /proc/${pid}/stat | cut -d' ' -f20`]);
  let text = '';
  awk.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await once(awk, 'close');
  return text.trim();
}
