import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';

import { describe, expect, test } from 'vitest';

import { goProgram } from './go-program.ts';
import { makeGuest } from './guest-kernel.ts';
import { nodeBinary, nodeMajors } from './node-versions.ts';
import { requiredTools, requireTool } from './required-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('what setup brings', () => {
  test.each(Object.keys(requiredTools))('%s is on the PATH', (name) => {
    expect(isAbsolute(requireTool(name))).toBe(true);
  });

  test.each(nodeMajors)('Node %i runs', (major) => {
    const version = execFileSync(nodeBinary(major), ['--version'], { encoding: 'utf8' });
    expect(version).toMatch(new RegExp(`^v${major}\\.`));
  });

  test('Helm 3 runs', () => {
    const version = execFileSync(goProgram('helm'), ['version', '--short'], { encoding: 'utf8' });
    expect(version).toMatch(/^v3\./);
  });

  test('crane runs', () => {
    const version = execFileSync(goProgram('crane'), ['version'], { encoding: 'utf8' });
    expect(version).toMatch(/^v?\d+\./);
  });

  test('the guest that tests start has a kernel with all its modules', async () => {
    const { kernel, initrd } = await makeGuest(await temporaryFolder());
    expect(existsSync(kernel) && existsSync(initrd)).toBe(true);
  });

  test('a program that setup does not install is refused', () => {
    expect(() => requireTool('cowsay')).toThrow(/required-tools\.json/);
  });
});
