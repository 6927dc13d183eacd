import { describe, expect, test } from 'vitest';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { keptPlatforms, platformFlags } from '../../src/cli/platform-flags.ts';
import { formatPlatform } from '../../src/oci/platform.ts';
import { thrown } from '../support/sample-profiles.ts';
import { runCommand } from './run-command.ts';

function kept(arch: readonly string[], platform: readonly string[]): string[] | undefined {
  return keptPlatforms({ arch, platform })?.map(formatPlatform);
}

test('without a flag all platforms are kept', () => {
  expect(kept([], [])).toBeUndefined();
});

test('--arch is short for linux, --platform takes any', () => {
  expect(kept(['amd64', 'arm64'], ['linux/arm/v7', 'windows/amd64'])).toEqual([
    'linux/amd64',
    'linux/arm64',
    'linux/arm/v7',
    'windows/amd64',
  ]);
});

test('one platform under several names is kept once', () => {
  expect(kept(['arm64', 'arm64'], ['linux/arm64/v8', 'linux/aarch64', 'linux/arm', 'linux/arm/v7'])).toEqual([
    'linux/arm64',
    'linux/arm/v7',
  ]);
});

test.each([
  '',
  'amd64',
  'linux',
  'linux/',
  '/amd64',
  'linux/arm/v7/x',
  'Linux/amd64',
  'linux/amd64 ',
  '../x',
])('%j is no platform', (text) => {
  expect(thrown(() => kept([], [text]))).toMatchObject({ code: 'PLATFORM_INVALID', kind: 'usage' });
});

/** Shows what it was given. */
class Platforms extends BaseCommand {
  static override id = 'platforms';
  static override flags = platformFlags;

  async run(): Promise<object> {
    const { flags } = await this.parse(Platforms);
    return { kept: kept(flags.arch, flags.platform), mayLack: flags['allow-missing-platform'] };
  }
}

describe('on the command line', () => {
  test('a flag may be given several times', async () => {
    const argv = ['--arch', 'amd64', '--arch=arm64', '--platform', 'linux/s390x', '--platform', 'linux/arm'];
    const { stdout } = await runCommand(Platforms, [...argv, '--allow-missing-platform', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      kept: ['linux/amd64', 'linux/arm64', 'linux/s390x', 'linux/arm/v7'],
      mayLack: true,
    });
  });

  test('no flag is needed', async () => {
    const { stdout } = await runCommand(Platforms, ['--json']);
    expect(JSON.parse(stdout)).toEqual({ mayLack: false });
  });

  test.each([
    [['--arch', 'x86'], 'Expected --arch=x86 to be one of: amd64, arm64'],
    [['--arch', 'amd64', 'arm64'], 'Unexpected argument: arm64'],
    [['--platform', 'linux/amd64', 'linux/arm64'], 'Unexpected argument: linux/arm64'],
  ])('%j is wrong usage', async (argv, message) => {
    const { stderr, exitCode } = await runCommand(Platforms, argv);
    expect(stderr).toContain(`Error: ${message}\n`);
    expect(exitCode).toBe(2);
  });
});
