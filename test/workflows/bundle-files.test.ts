import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { hashHere } from '../../src/io/hash-thread.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { parseFileFlag, readBundleFiles } from '../../src/workflows/bundle-files.ts';
import type { BundleFiles, FileToBundle } from '../../src/workflows/bundle-files.ts';
import { rejection } from '../support/rejection.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { thrown } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function read(files: readonly FileToBundle[]): Promise<BundleFiles> {
  return await readBundleFiles(files, { hasher: hashHere, signal: new AbortController().signal });
}

async function sampleFile(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, content);
  return path;
}

test.each([
  ['/srv/model.bin', '/srv/model.bin', 'model.bin'],
  ['./a:b', './a', 'b'],
  ['a:b:dir/c', 'a:b', 'dir/c'],
])('%s', (text, path, name) => {
  expect(parseFileFlag(text)).toEqual({ path, name });
});

test.each(['', ':a', 'a:', 'a:../b', 'a:/b', 'my file', 'a:b c', '.', '..', '/'])('refused: %j', (text) => {
  expect(thrown(() => parseFileFlag(text))).toMatchObject({ code: 'FILE_NAME_INVALID', kind: 'usage' });
});

test('files are hashed, and read again from where they are; other blobs come from where they were', async () => {
  const content = Buffer.alloc(2_500_000, 'palette');
  const path = await sampleFile(content);
  const blobs = new MemoryBlobs();
  const other = blobs.add('other', '');
  const { files, over } = await read([
    { path, name: 'one' },
    { path, name: 'two' },
    { path, name: 'two' },
  ]);
  const identity = { digest: digestOf(content), size: content.length };
  expect(files).toEqual([
    { name: 'one', ...identity },
    { name: 'two', ...identity },
  ]);
  const reader = over(blobs);
  expect(Buffer.from(await readWholeBlob(reader, identity)).equals(content)).toBe(true);
  expect(Buffer.from(await readWholeBlob(reader, other)).toString()).toBe('other');
  expect(await reader.sizeOf(other.digest)).toBe(5);
});

test.each(['more than before', 'less', 'befor!'])(
  'a file that was changed meanwhile is told: %s',
  async (text) => {
    const path = await sampleFile('before');
    const { over } = await read([{ path, name: 'a' }]);
    await writeFile(path, text);
    const blob = { digest: digestOf('before'), size: 6 };
    const error = await rejection(readWholeBlob(over(new MemoryBlobs()), blob));
    expect(error).toMatchObject({ code: 'FILE_CHANGED', kind: 'content' });
    expect(error.message).toContain(path);
  },
);

test('a file that is not what it has to be is told before anything is built', async () => {
  const path = await sampleFile('now');
  const error = await rejection(read([{ path, name: 'a', digest: digestOf('then') }]));
  expect(error).toMatchObject({ code: 'FILE_CHANGED', kind: 'content' });
  expect(error.message).toContain(`expected ${digestOf('then')}, received ${digestOf('now')}`);
});

test.each([
  ['a', 'a'],
  ['a', 'A'],
  ['a', 'a/b'],
])('names in the way of each other: %s and %s', async (first, second) => {
  const [one, two] = [await sampleFile('1'), await sampleFile('2')];
  const files = [
    { path: one, name: first },
    { path: two, name: second },
  ];
  expect(await rejection(read(files))).toMatchObject({ code: 'FILE_NAME_TAKEN', kind: 'usage' });
});

test('what is no file is refused, without waiting for a pipe', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'folder'));
  await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
  const failures = ['folder', 'pipe', 'missing'].map(
    async (name) => await rejection(read([{ path: join(folder, name), name }])),
  );
  expect((await Promise.all(failures)).map(({ code, kind }) => [code, kind])).toEqual([
    ['NOT_A_FILE', 'usage'],
    ['NOT_A_FILE', 'usage'],
    ['FILE_NOT_FOUND', 'notFound'],
  ]);
});
