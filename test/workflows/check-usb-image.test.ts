import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { openFileAccess } from '../../src/io/random-access.ts';
import { checkUsbImage } from '../../src/workflows/check-usb-image.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

async function check(path: string) {
  const image = await openFileAccess(path, 'image');
  try {
    return await checkUsbImage(image, path);
  } finally {
    await image.close();
  }
}

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'image');
  await writeFile(path, bytes);
  return path;
}

async function isoFile(): Promise<string> {
  const folder = await temporaryFolder();
  const path = join(folder, 'content.iso');
  await writeFile(join(folder, 'file'), 'content');
  const args = ['-as', 'mkisofs', '-quiet', '-V', 'COS_CONTENT', '-o', path, join(folder, 'file')];
  await run(requireTool('xorriso'), args);
  return path;
}

test('the label of an ISO is told, and the sha256 that the file beside it says', async () => {
  const path = await isoFile();
  expect(await check(path)).toEqual({ label: 'COS_CONTENT', sha256: undefined });
  const { stdout } = await run('sha256sum', ['content.iso'], { cwd: dirname(path) });
  await writeFile(`${path}.sha256`, stdout);
  expect(await check(path)).toEqual({ label: 'COS_CONTENT', sha256: stdout.slice(0, 64) });
  await writeFile(`${path}.sha256`, stdout.replace('content', 'other'));
  expect(await check(path)).toEqual({ label: 'COS_CONTENT', sha256: undefined });
});

test('an ISO that was not copied to its end is refused, and so is one without its descriptors', async () => {
  const path = await isoFile();
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, -2048));
  expect(await rejection(check(path))).toMatchObject({ code: 'ISO_TRUNCATED', kind: 'content' });
  await writeFile(path, bytes.fill(0, 17 * 2048, 20 * 2048));
  expect(await rejection(check(path))).toMatchObject({ code: 'ISO_DAMAGED', kind: 'content' });
});

test('anything else is taken as it is, however short', async () => {
  expect(await check(await fileOf(Buffer.from('x')))).toEqual({});
  expect(await check(await fileOf(Buffer.alloc(40_000)))).toEqual({});
});

test.each([
  ['an empty file', [], 'it is empty'],
  ['a bundle', [0x28, 0xb5, 0x2f, 0xfd, 1, 2], 'compressed with Zstandard, as bundles are'],
  ['gzip', [0x1f, 0x8b, 8], 'compressed with gzip'],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'compressed with xz'],
  ['bzip2', [0x42, 0x5a, 0x68, 0x39], 'compressed with bzip2'],
  ['ZIP', [0x50, 0x4b, 3, 4], 'a ZIP archive'],
])('%s is no image of a drive', async (_what, bytes, reason) => {
  const path = await fileOf(Uint8Array.from(bytes));
  expect(await rejection(check(path))).toMatchObject({
    code: 'IMAGE_INVALID',
    kind: 'usage',
    message: expect.stringContaining(
      `${path} is not written to a drive: it is ${reason.replace('it is ', '')}`,
    ),
    suggestions: [expect.any(String)],
  });
});
