import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const entry = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

async function helpOf(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [entry, command, '--help'], {
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '120' },
  });
  return stdout;
}

test('a flag that may be given several times, and need not be, is said to have a default only in words', async () => {
  const help = await helpOf('resolve');
  expect(help).toContain('--profile=FILE...');
  const defaults = help.match(/--\S+\.\.\.\s+\[default[^,\]]*/g)?.map((text) => text.replaceAll(/\s+/g, ' '));
  expect(defaults).toEqual(['--store=DIR|URL... [default: in the cache folder of the user']);
});

test('the help of a command ends with the exit codes and what they mean', async () => {
  const help = await helpOf('verify');
  expect(help).toContain('Checks every byte of a bundle against its digests.');
  const codes = help.slice(help.indexOf('EXIT CODES')).trimEnd().split('\n');
  expect(codes.map((line) => line.trimEnd())).toEqual([
    'EXIT CODES',
    '  0    success',
    '  1    failure, or a bug in palette-edge',
    '  2    wrong usage or invalid input',
    '  3    authentication failed or permission denied',
    '  4    image, blob, file or profile not found',
    '  5    content does not match its digest, format or signature',
    '  6    network or server failure',
    '  7    disk failure: no space, no permission',
    '  8    incomplete: some images failed, the result lists them',
    '  9    differences found (diff and plan-update --exit-code, resolve --check)',
    '  130  interrupted; run the same command again to resume',
  ]);
});

test('a flag that needs another one stands in its brackets without a space', async () => {
  const { stdout } = await runCli(['fleet', 'plan', '--help'], { cwd: await temporaryFolder() });
  expect(stdout).toContain('--emit kubernetes|github|gitlab|argo]');
  expect(stdout).not.toMatch(/\s\]/);
});

test('words behind a command do not hide its help', async () => {
  const { code, stdout } = await runCli(['resolve', 'foo', '--help'], { cwd: await temporaryFolder() });
  expect(code).toBe(0);
  expect(stdout).toContain('palette-edge resolve [');
});

test.each([
  [['usb', 'write', 'image.iso', '/dev/sdb', '--help'], 'palette-edge usb write IMAGE DEVICE ['],
  [['usb', '--help'], 'palette-edge usb COMMAND'],
  [['usb'], 'palette-edge usb COMMAND'],
])('a command of two words has its help, and so has the first of them: %j', async (args, usage) => {
  const { code, stdout } = await runCli(args, { cwd: await temporaryFolder() });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(usage) });
});

test('a word that is no command has no help, and is told as without --help', async () => {
  const { code, stdout, stderr } = await runCli(['bulid', '--help'], { cwd: await temporaryFolder() });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^Error: palette-edge has no command bulid\nCode: USAGE\n/);
});

test.each(['build --help', 'iso', '--help'])(
  'who does not read %j to its end ends it quietly',
  async (args) => {
    const script = `{ '${process.execPath}' '${entry}' ${args}; echo "exit code $?" >&2; } | true`;
    const { stderr } = await promisify(execFile)('sh', ['-c', script], { cwd: await temporaryFolder() });
    expect(stderr).toBe('exit code 0\n');
  },
);

test('the first line of the help of the tool is broken between words as all others are', async () => {
  const { stdout } = await runCli([], { cwd: await temporaryFolder() });
  const [first = ''] = stdout.split('\n');
  expect(first).toMatch(/^Builds content bundles /);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test.each([
  [
    ['help', 'usb', 'write'],
    ['usb', 'write', '--help'],
  ],
  [['help', 'help'], ['--help']],
])('%j is %j, as in other tools', async (asked, same) => {
  const cwd = await temporaryFolder();
  const { stdout } = await runCli(same, { cwd });
  expect(stdout).toContain('USAGE');
  expect(await runCli(asked, { cwd })).toEqual({ code: 0, stdout, stderr: '' });
});

test.each(['bulid', 'help:x'])('help of %s, which is no command, is told once', async (word) => {
  const { code, stdout, stderr } = await runCli(['help', word], { cwd: await temporaryFolder() });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.match(/^Error: palette-edge has no command /gm)).toHaveLength(1);
  expect(stderr).toContain(`has no command ${word}\n`);
});
