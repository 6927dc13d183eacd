import { expect, test } from 'vitest';

import { exitCodes } from '../../src/errors.ts';
import Build from '../../src/commands/build.ts';
import Demo from '../../src/commands/demo.ts';
import InstallerEmbed from '../../src/commands/installer/embed.ts';
import { outputPath } from '../../src/cli/output-path.ts';
import { runCommand } from './run-command.ts';

const build = async (output: string) =>
  await runCommand(Build, ['--image', '127.0.0.1:1/app:1', '--output', output, '--json']);

test.each([undefined, './-', 'edge.tar.zst'])('%s is taken as it is', (path) => {
  expect(outputPath(path)).toBe(path);
});

test.each([
  ['', '--output is empty', 'Name one: --output FILE'],
  [
    '-',
    '--output - is no file, and a bundle is not written to standard output',
    'Name a file: --output FILE; one that is called - is ./-',
  ],
])('build --output %j is wrong usage, told before anything else', async (output, message, suggestion) => {
  const { stdout, exitCode } = await build(output);
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'PATH_INVALID', message, exitCode: 2, suggestions: [suggestion] },
  });
  expect(exitCode).toBe(exitCodes.usage);
});

test('installer embed --out - is wrong usage, told before anything else', async () => {
  const run = await runCommand(InstallerEmbed, ['in.iso', '--out', '-', '--user-data', 'none', '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({
    error: {
      code: 'PATH_INVALID',
      message: '--out - is no file, and an installer is not written to standard output',
    },
  });
});

test.each([[[]], [['--remove']]])('demo --dir "" %j is wrong usage', async (more) => {
  const { stdout, stderr, exitCode } = await runCommand(Demo, ['--dir', '', ...more]);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
  expect(stderr).toBe('Error: --dir is empty\nCode: PATH_INVALID\nTry this:\n  - Name one: --dir FOLDER\n');
});
