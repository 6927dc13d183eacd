import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { checkXorriso, runXorriso } from '../../src/iso/xorriso.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();

/** A program in the place of xorriso that behaves as the script says. */
async function programOf(script: string): Promise<string> {
  const path = join(await temporaryFolder(), 'xorriso');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('the installed one is new enough', async () => {
  expect(await checkXorriso({ xorriso: requireTool('xorriso'), signal })).toMatch(/^1\.\d+\.\d+$/);
});

test('without one it says how to get it', async () => {
  const error = await rejection(checkXorriso({ xorriso: undefined, signal }));
  expect(error).toMatchObject({ code: 'XORRISO_MISSING', kind: 'notFound' });
  expect(error.suggestions.join('\n')).toMatch(/apt-get.*\n.*dnf.*\n.*zypper.*\n.*brew/);
  expect(await rejection(checkXorriso({ xorriso: '/nowhere/xorriso', signal }))).toMatchObject({
    code: 'XORRISO_MISSING',
  });
});

test.each(['0.9.9', '1.4.7'])('version %s is too old', async (version) => {
  const xorriso = await programOf(`echo "xorriso version   :  ${version}"`);
  expect(await rejection(checkXorriso({ xorriso, signal }))).toMatchObject({
    code: 'XORRISO_TOO_OLD',
    kind: 'notFound',
  });
});

test.each(['1.4.8', '1.10.0', '2.0.0'])('version %s will do', async (version) => {
  const xorriso = await programOf(`echo "xorriso version   :  ${version}"`);
  expect(await checkXorriso({ xorriso, signal })).toBe(version);
});

test('another program of that name is told apart', async () => {
  const xorriso = await programOf('echo "I am something else"');
  expect(await rejection(checkXorriso({ xorriso, signal }))).toMatchObject({ code: 'XORRISO_FAILED' });
});

test('it gets no start-up files, no locale, no clock, and nothing of our environment', async () => {
  const xorriso = await programOf('echo "$1"; /usr/bin/env');
  const { stdout } = await runXorriso(['-x'], { xorriso, signal });
  const lines = stdout.split('\n').filter((line) => !/^(?:PWD|SHLVL|_|OLDPWD)=/.test(line));
  expect(lines.toSorted()).toEqual(['-no_rc', 'LC_ALL=C', 'SOURCE_DATE_EPOCH=1577836800', 'TZ=UTC']);
});

test('it writes images', async () => {
  const path = join(await temporaryFolder(), 'x.iso');
  const args = ['-outdev', `stdio:${path}`, '-map', '/etc/passwd', '/x'];
  const { stderr } = await runXorriso(args, { xorriso: requireTool('xorriso'), signal });
  expect(stderr).toContain('completed successfully');
  expect((await stat(path)).size).toBeGreaterThan(40_000);
});

test('lines are told while it runs', async () => {
  // It ends only when its first line was answered.
  const answer = join(await temporaryFolder(), 'answer');
  const xorriso = await programOf(`echo one >&2; until [ -e '${answer}' ]; do :; done; echo two >&2`);
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
    if (line === 'one') void writeFile(answer, '');
  };
  await runXorriso([], { xorriso, signal, onLine });
  expect(lines).toEqual(['one', 'two']);
});

test('an abort kills it', async () => {
  const controller = new AbortController();
  const xorriso = await programOf('trap "" TERM INT; echo ready >&2; while :; do :; done');
  const run = runXorriso([], {
    xorriso,
    signal: controller.signal,
    onLine: () => controller.abort(new Error('enough')),
  });
  await expect(run).rejects.toThrow('enough');
});

test('its first complaint is the reason', async () => {
  const script = [
    'echo "xorriso : NOTE : hello" >&2',
    'echo "xorriso : FAILURE : Cannot determine attributes of /x" >&2',
    'echo "xorriso : FAILURE : Something that follows" >&2',
    'exit 5',
  ];
  const error = await rejection(runXorriso([], { xorriso: await programOf(script.join('\n')), signal }));
  expect(error).toMatchObject({
    code: 'XORRISO_FAILED',
    message: 'xorriso failed: Cannot determine attributes of /x',
  });
});

test('a full disk is one', async () => {
  const xorriso = await programOf(
    'echo "libburn : FATAL : Cannot write: No space left on device" >&2; exit 1',
  );
  expect(await rejection(runXorriso([], { xorriso, signal }))).toMatchObject({
    code: 'DISK_FULL',
    kind: 'disk',
  });
});

test('output has an end', async () => {
  const xorriso = await programOf('while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done');
  const error = await rejection(runXorriso([], { xorriso, signal, maximumOutput: 10_000 }));
  expect(error.message).toBe('xorriso failed: it printed more than 10000 bytes');
});
