import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runTool } from '../../src/usb/run-tool.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();

async function folderWith(script: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'tool'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'tool'), 0o755);
  return folder;
}

test('gives what a program printed, without the settings of whoever runs it', async () => {
  const path = await folderWith('echo "$LC_ALL,$HOME,$1"');
  expect(await runTool('tool', ['a b;c'], { signal, path })).toBe('C,,a b;c');
});

test('finds programs of the system without a PATH', async () => {
  expect(await runTool('lsblk', ['--version'], { signal, path: '' })).toContain('util-linux');
});

test('tells how to install one that is missing', async () => {
  const error = await rejection(runTool('lsblk-nowhere', [], { signal, path: await temporaryFolder() }));
  expect(error).toMatchObject({ code: 'USB_TOOL_MISSING', kind: 'notFound' });
  expect(error.suggestions).toHaveLength(1);
});

test('tells what a program complained of', async () => {
  const path = await folderWith('echo "unknown column: LOG-SEC" >&2; exit 1');
  const error = await rejection(runTool('tool', ['--json'], { signal, path }));
  expect(error).toMatchObject({ code: 'USB_TOOL_FAILED', message: 'tool failed: unknown column: LOG-SEC' });
  expect(error.suggestions).toEqual(['Try it by hand: tool --json']);
});

test('ends one when it is aborted', async () => {
  const controller = new AbortController();
  const path = await folderWith('exec sleep 600');
  const running = runTool('tool', [], { signal: controller.signal, path });
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
});
