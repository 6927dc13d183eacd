import { expect, test } from 'vitest';

import Diff from '../../src/commands/diff.ts';
import { richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { runCommand } from './run-command.ts';

test('differences set the exit code 9 only when that is asked for', async () => {
  const rich = await writtenBundle((await richBundle()).bundle);
  const less = await writtenBundle((await richBundle((content) => ({ ...content, rawFiles: [] }))).bundle);
  const plain = await runCommand(Diff, [rich, less]);
  expect(plain).toMatchObject({ exitCode: 0, stderr: '' });
  expect(plain.stdout).toMatch(/^removed +file +copy\.bin /m);
  expect(await runCommand(Diff, [rich, less, '--exit-code'])).toMatchObject({ exitCode: 9 });
  expect(await runCommand(Diff, [rich, rich, '--exit-code'])).toMatchObject({ exitCode: 0 });
  const { stdout, exitCode } = await runCommand(Diff, [rich, less, '--exit-code', '--json']);
  expect(exitCode).toBe(9);
  expect(JSON.parse(stdout)).toMatchObject({
    isSame: false,
    toShip: { blobs: 0, bytes: 0 },
    leftBehind: { blobs: 1 },
  });
});

test('standard input is one bundle only', async () => {
  const { stderr, exitCode } = await runCommand(Diff, ['-', '-']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('both sides are -');
});
