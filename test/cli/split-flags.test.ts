import { expect, test } from 'vitest';

import { splitRequest } from '../../src/cli/split-flags.ts';
import Build from '../../src/commands/build.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { runCommand } from './run-command.ts';

test.each([
  ['4GiB-1', undefined, { partSize: 4_294_967_295, style: 'plain' }],
  ['3GB', 'canvos', { partSize: 3_000_000_000, style: 'canvos' }],
  ['1MiB', 'plain', { partSize: 1_048_576, style: 'plain' }],
  [undefined, undefined, undefined],
  [undefined, 'canvos', undefined],
] as const)('--split %s, --part-style %s', (split, style, request) => {
  expect(splitRequest({ split, 'part-style': style })).toEqual(request);
});

test.each([
  ['3G', '--split "3G": expected a size'],
  ['', '--split "": expected a size'],
  ['1MiB-1', '--split "1MiB-1": expected at least 1MiB (1048576 bytes), received 1048575 bytes'],
  ['0', '--split "0": expected at least 1MiB (1048576 bytes), received 0 bytes'],
])('--split %j is refused', (split, message) => {
  const request = () => splitRequest({ split, 'part-style': undefined });
  expect(request).toThrow(PaletteEdgeError);
  expect(request).toThrow(message);
});

test('build tells wrong sizes before anything else', async () => {
  const argv = ['--image', '127.0.0.1:1/app:1', '--split', '3G', '--json'];
  const { stdout, exitCode } = await runCommand(Build, argv);
  expect(exitCode).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'SPLIT_INVALID', suggestions: [expect.stringContaining('3GiB (3 221 225 472 bytes)')] },
  });
});

test('--part-style alone is wrong usage', async () => {
  const argv = ['--image', '127.0.0.1:1/app:1', '--part-style', 'canvos'];
  const { stderr, exitCode } = await runCommand(Build, argv);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--split');
});
