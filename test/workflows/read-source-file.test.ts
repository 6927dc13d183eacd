import { execFile } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { readSourceFile } from '../../src/workflows/read-source-file.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function fileWith(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'profile.yaml');
  await writeFile(path, content);
  return path;
}

const failureOf = async (path: string) => await rejection(readSourceFile(path, 'profile'));

test('a file is its base name and its text', async () => {
  const path = await fileWith('größe: 東京 🚀\r\n');
  expect(await readSourceFile(path, 'profile')).toEqual({
    name: 'profile.yaml',
    text: 'größe: 東京 🚀\r\n',
  });
});

test('an empty file is text', async () => {
  expect((await readSourceFile(await fileWith(''), 'profile')).text).toBe('');
});

test('characters that lie across the pieces of a read stay whole', async () => {
  const text = `a${'€'.repeat(100_000)}`;
  expect((await readSourceFile(await fileWith(text), 'profile')).text).toBe(text);
});

test('a pipe is read as a file is: <(command) of a shell', async () => {
  const pipe = join(await temporaryFolder(), 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const [file] = await Promise.all([readSourceFile(pipe, 'profile'), writeFile(pipe, 'a: 1')]);
  expect(file).toEqual({ name: 'pipe', text: 'a: 1' });
});

test('a missing file is not found', async () => {
  const path = join(await temporaryFolder(), 'missing.yaml');
  expect(await failureOf(path)).toMatchObject({
    code: 'FILE_NOT_FOUND',
    kind: 'notFound',
    message: `reading the profile ${path} failed: no such file or folder`,
  });
});

test('a folder is no file', async () => {
  const path = join(await temporaryFolder(), 'folder');
  await mkdir(path);
  expect(await failureOf(path)).toMatchObject({
    code: 'NOT_A_FILE',
    kind: 'usage',
    message: `reading the profile ${path} failed: it is a folder, not a file`,
  });
});

test('a path through a file is told as one', async () => {
  const path = join(await fileWith('a: 1'), 'x');
  expect(await failureOf(path)).toMatchObject({ code: 'NOT_A_FOLDER', kind: 'usage' });
});

test('a file of 16 MiB is read, one byte more is not', async () => {
  const path = await fileWith('');
  const limit = 16 * 1024 * 1024;
  await truncate(path, limit);
  expect((await readSourceFile(path, 'profile')).text).toHaveLength(limit);
  await truncate(path, limit + 1);
  expect(await failureOf(path)).toMatchObject({
    code: 'FILE_TOO_LARGE',
    kind: 'usage',
    message: `profile ${path} has more than ${limit} bytes`,
    suggestions: ['Is it the right file?'],
  });
});

test('a file without an end is given up', async () => {
  expect(await failureOf('/dev/zero')).toMatchObject({ code: 'FILE_TOO_LARGE', kind: 'usage' });
});

test.each([
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0])],
  ['UTF-16, as Windows shells write', Buffer.from('\uFEFFa: 1', 'utf16le')],
  ['Latin-1', Buffer.from('größe', 'latin1')],
  ['half a character', Buffer.from('ö').subarray(0, 1)],
])('a file that is not UTF-8 is refused, with what to do: %s', async (_what, content) => {
  const path = await fileWith(content);
  expect(await failureOf(path)).toMatchObject({
    code: 'FILE_NOT_TEXT',
    kind: 'usage',
    message: `profile ${path} is not UTF-8 text`,
    suggestions: ['Is it the right file? Text has to be saved as UTF-8.'],
  });
});
