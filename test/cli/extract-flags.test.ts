import { expect, test } from 'vitest';

import { extractRequest as requestOf } from '../../src/cli/extract-flags.ts';
import type { ExtractFlags } from '../../src/cli/extract-flags.ts';
import { writtenBundle, richBundle } from '../support/rich-bundle.ts';
import { openTerminal } from '../support/terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import Extract from '../../src/commands/extract.ts';
import { runCommand } from './run-command.ts';

/** All flags typed. */
const extractRequest = (flags: ExtractFlags) => requestOf(flags, () => true);

const none: ExtractFlags = {
  image: undefined,
  file: undefined,
  chart: undefined,
  all: undefined,
  output: undefined,
  format: undefined,
  arch: undefined,
  platform: undefined,
};

test('each flag asks for its own', () => {
  const output = { path: 'x' };
  const image = { kind: 'image', image: 'nginx:1.27', output };
  expect(extractRequest({ ...none, image: 'nginx:1.27', output: 'x' })).toEqual({
    ...image,
    format: 'oci',
    platform: undefined,
  });
  const more = { format: 'docker-archive', arch: 'arm64' } as const;
  expect(extractRequest({ ...none, image: 'nginx:1.27', output: 'x', ...more })).toEqual({
    ...image,
    format: 'docker-archive',
    platform: { os: 'linux', architecture: 'arm64' },
  });
  expect(extractRequest({ ...none, image: 'a', output: 'x', platform: 'linux/arm/v7' })).toMatchObject({
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
  });
  expect(extractRequest({ ...none, file: 'a/b', output: 'x' })).toEqual({
    kind: 'file',
    name: 'a/b',
    output,
  });
  expect(extractRequest({ ...none, chart: 'web', output: 'x' })).toEqual({
    kind: 'chart',
    chart: 'web',
    output,
  });
  expect(extractRequest({ ...none, all: 'x' })).toEqual({ kind: 'all', folder: 'x' });
});

test('- is standard output', () => {
  expect(extractRequest({ ...none, file: 'a', output: '-' })).toMatchObject({ output: { sink: {} } });
});

test.each<[string, Partial<ExtractFlags>, string]>([
  ['nothing says where', { file: 'a' }, 'nothing says where to write'],
  ['an empty path', { file: 'a', output: '' }, '--output is empty'],
  ['an empty folder', { all: '' }, '--all is empty'],
  ['everything to standard output', { all: '-' }, '--all - is no folder'],
  ['both want standard output', { file: 'a', output: '-', json: true }, '--output - and --json both want'],
  ['a platform that is none', { image: 'a', output: 'x', platform: 'arm' }, '"arm" is no platform'],
])('%s is refused', (_what, flags, message) => {
  expect(() => extractRequest({ ...none, ...flags })).toThrow(message);
});

test.each([
  [[], 'nothing says what to extract: one of --image, --file, --chart, --all'],
  [['--image', 'a', '--file', 'b'], '--file does not go together with --image'],
  [['--all', 'a', '--output', 'b'], '--output does not go together with --all'],
  [['--file', 'a', '--output', 'b', '--format', 'oci'], '--format does not go together with --file'],
  [['--image', 'a', '--output', 'b', '--arch', 'arm64', '--platform', 'linux/arm64'], '--arch does not go'],
])('%j is wrong usage', async (argv, text) => {
  const { exitCode, stderr } = await runCommand(Extract, ['edge.tar.zst', ...argv]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(text);
});

test('what variables say for builds is not in the way of what is typed', () => {
  const outside = { ...none, file: 'x', arch: 'amd64', output: 'x' };
  const typing = (flags: Partial<ExtractFlags>) =>
    requestOf({ ...outside, ...flags }, (name) => Object.hasOwn(flags, name));
  expect(typing({ all: 'a' })).toEqual({ kind: 'all', folder: 'a' });
  expect(typing({ chart: 'web' })).toEqual({ kind: 'chart', chart: 'web', output: { path: 'x' } });
  expect(typing({ image: 'a' })).toMatchObject({ kind: 'image', platform: { architecture: 'amd64' } });
  expect(typing({ image: 'a', platform: 'linux/arm64' })).toMatchObject({
    platform: { architecture: 'arm64' },
  });
  expect(typing({})).toMatchObject({ kind: 'file', name: 'x' });
});

test('bytes are not written to a terminal, and no bundle is read from one', async () => {
  const { bundle } = await richBundle();
  const cwd = await temporaryFolder();
  const path = await writtenBundle(bundle);
  const shown = await openTerminal(['extract', path, '--file', 'copy.bin', '--output', '-'], cwd).end();
  expect(shown).toContain('OUTPUT_IS_TERMINAL');
  expect(shown).toContain('code 2');
  for (const command of [
    ['extract', '-', '--all', 'x'],
    ['verify', '-'],
    ['inspect', '-'],
  ]) {
    const refused = await openTerminal(command, cwd).end();
    expect(refused).toContain('INPUT_IS_TERMINAL');
    expect(refused).toContain('code 2');
  }
});
