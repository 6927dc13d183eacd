import { tmpdir } from 'node:os';

import { expect, test, vi } from 'vitest';

import { baseRequest } from '../../src/cli/base-flags.ts';
import Apply from '../../src/commands/apply.ts';
import Verify from '../../src/commands/verify.ts';
import type { BasePlace } from '../../src/workflows/base-place.ts';
import { runCommand } from './run-command.ts';

const place: BasePlace = { name: 'registry.site/edge', find: async () => await Promise.resolve(undefined) };

test('without bases and places there is nothing to ask; layers go to a disk', () => {
  expect(baseRequest({})).toBeUndefined();
  expect(baseRequest({ base: [] }, [])).toBeUndefined();
  vi.stubEnv('TMPDIR', tmpdir());
  expect(baseRequest({ base: ['a', 'b'] })).toMatchObject({ paths: ['a', 'b'], folder: tmpdir() });
  vi.stubEnv('TMPDIR', undefined);
  // /tmp may be memory.
  expect(baseRequest({ base: ['a'] })).toMatchObject({ folder: '/var/tmp' });
  vi.unstubAllEnvs();
  expect(baseRequest({}, [place])).toMatchObject({ paths: [], places: [place] });
});

test.each([
  ['one', ['--base', 'none-1.tar.zst', 'delta.tar.zst'], 'none-1.tar.zst'],
  ['several, each with its flag', ['--base', 'none-1', '--base', 'none-2', 'delta.tar.zst'], 'none-1'],
])('a base does not take what follows it for another: %s', async (_name, args, named) => {
  for (const command of [Apply, Verify]) {
    const { stdout, exitCode } = await runCommand(command, [...args, '--json']);
    expect(exitCode).toBe(4);
    const message: unknown = JSON.parse(stdout).error.message;
    expect(message).toContain(named);
  }
});
