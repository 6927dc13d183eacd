import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { flip } from '../support/flip.ts';
import { runCli } from '../support/run-cli.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { failure, told } from '../support/told.ts';

describe('bundles', () => {
  test.each<[string, (bytes: Buffer) => Buffer, string, string]>([
    [
      'a truncated one',
      (bytes) => bytes.subarray(0, bytes.length - 100),
      'BUNDLE_TRUNCATED',
      'is not a whole bundle',
    ],
    ['text', () => Buffer.from('hello'), 'NOT_A_BUNDLE', 'is not a palette-edge bundle'],
    ['one with a damaged head', (bytes) => flip(bytes, 60), 'BUNDLE_DAMAGED', 'frame 0'],
    ['an empty file', () => Buffer.alloc(0), 'BUNDLE_TRUNCATED', 'the file is empty'],
  ])('%s', async (...[, damage, code, message]) => {
    const folder = await temporaryFolder();
    const { bytes } = await sampleBundle();
    await writeFile(join(folder, 'b.tar.zst'), damage(Buffer.from(bytes)));
    for (const command of ['verify', 'inspect']) {
      expect(told(await runCli([command, 'b.tar.zst'], { cwd: folder }))).toEqual(failure(5, code, message));
    }
  });

  test('one with a damaged layer: verify names it, and the image that needs it', async () => {
    const folder = await temporaryFolder();
    const { bytes } = await sampleBundle();
    await writeFile(join(folder, 'b.tar.zst'), flip(Buffer.from(bytes), Math.floor(bytes.length * 0.6)));
    const run = await runCli(['verify', 'b.tar.zst'], { cwd: folder });
    expect(run.code).toBe(5);
    expect(run.stdout).toMatch(/ {2}layer sha256:[0-9a-f]{64}: .*is not what was written/);
    expect(run.stdout).toContain('needed by ghcr.io/org/multi:1.0');
    const { stdout } = await runCli(['verify', 'b.tar.zst', '--json'], { cwd: folder });
    expect(JSON.parse(stdout).problems[0]).toMatchObject({ role: 'layer' });
  });

  test('one that is not there', async () => {
    const folder = await temporaryFolder();
    expect(told(await runCli(['verify', 'b.tar.zst'], { cwd: folder }))).toEqual(
      failure(4, 'FILE_NOT_FOUND', 'b.tar.zst'),
    );
  });
});
