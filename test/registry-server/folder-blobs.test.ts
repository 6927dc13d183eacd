import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { FolderBlobs } from '../../src/registry-server/folder-blobs.ts';
import { readAll } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const text = 'the quick brown fox';
const blob = { digest: digestOf(text), size: text.length };

describe('reading', () => {
  test('a whole blob and ranges of it', async () => {
    const { blobs } = await withBlob();
    expect(await blobs.sizeOf(blob.digest)).toBe(blob.size);
    const read = async (range?: { start: number; end?: number }) =>
      (await readAll(await blobs.open(blob, { range }))).toString();
    expect(await read()).toBe(text);
    expect(await read({ start: 4, end: 9 })).toBe('quick');
    expect(await read({ start: 16 })).toBe('fox');
    expect(await read({ start: 16, end: 99 })).toBe('fox');
    expect(await read({ start: blob.size })).toBe('');
  });

  test('what is not there', async () => {
    const { blobs } = await withBlob();
    const missing = { digest: digestOf('missing'), size: 7 };
    expect(await blobs.sizeOf(missing.digest)).toBeUndefined();
    expect(await rejection(blobs.open(missing))).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
  });

  test('what was changed throws instead of ending', async () => {
    const { blobs, path } = await withBlob();
    await writeFile(path, text.replace('fox', 'dog'));
    expect(await rejection(readAll(await blobs.open(blob)))).toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('what has another length', async () => {
    const { blobs, path } = await withBlob();
    await writeFile(path, `${text}!`);
    expect(await rejection(blobs.open(blob))).toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(await rejection(blobs.open(blob, { range: { start: 1 } }))).toMatchObject({
      code: 'SIZE_MISMATCH',
    });
  });

  test('what becomes shorter while it is read', async () => {
    const { blobs, path } = await withBlob();
    const content = await blobs.open(blob, { range: { start: 0 } });
    await truncate(path, 5);
    await expect(readAll(content)).rejects.toThrow('ends at byte 5, expected were 19');
  });

  test('is stopped by its signal', async () => {
    const { blobs } = await withBlob();
    const content = await blobs.open(blob, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(readAll(content)).rejects.toThrow('enough');
  });
});

describe('ingesting', () => {
  test.each([
    ['other bytes', text.replace('fox', 'dog'), 'DIGEST_MISMATCH'],
    ['fewer bytes', text.slice(1), 'SIZE_MISMATCH'],
    ['more bytes', `${text}!`, 'SIZE_MISMATCH'],
  ])('%s leaves nothing behind', async (_, wrong, code) => {
    const folder = await temporaryFolder();
    const blobs = new FolderBlobs(folder);
    expect(await rejection(blobs.ingest(blob, new Blob([wrong]).stream()))).toMatchObject({ code });
    expect(await blobs.sizeOf(blob.digest)).toBeUndefined();
    expect(await readdir(join(folder, 'blobs/sha256'))).toEqual([]);
  });

  test('is stopped by its signal and leaves nothing behind', async () => {
    const folder = await temporaryFolder();
    const blobs = new FolderBlobs(folder);
    const stop = new AbortController();
    async function* content() {
      yield Buffer.from(text.slice(0, 5));
      stop.abort(new Error('enough'));
      yield await Promise.resolve(Buffer.from(text.slice(5)));
    }
    await expect(blobs.ingest(blob, content(), stop.signal)).rejects.toThrow('enough');
    expect(await readdir(join(folder, 'blobs/sha256'))).toEqual([]);
  });

  test('a blob that is there is left alone', async () => {
    const { blobs, path } = await withBlob();
    await writeFile(path, 'changed');
    await blobs.ingest(blob, new Blob([text]).stream());
    expect(await readFile(path, 'utf8')).toBe('changed');
  });

  test('the same blob twice at once gives it once', async () => {
    const folder = await temporaryFolder();
    const blobs = new FolderBlobs(folder);
    const ingest = async () => await blobs.ingest(blob, new Blob([text]).stream());
    await Promise.all([ingest(), ingest(), ingest()]);
    expect(await readdir(join(folder, 'blobs/sha256'))).toEqual([digestHex(blob.digest)]);
    expect((await readAll(await blobs.open(blob))).toString()).toBe(text);
  });

  test('a disk that does not take it is told with the side', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'blobs'), 'a file where a folder should be');
    const error = await rejection(new FolderBlobs(folder).sizeOf(blob.digest));
    expect(error).toMatchObject({ code: 'NOT_A_FOLDER' });
    expect(error.message).toContain(`reading from ${folder}`);
  });
});

async function withBlob() {
  const folder = await temporaryFolder();
  const blobs = new FolderBlobs(folder);
  await blobs.ingest(blob, new Blob([text]).stream());
  return { blobs, folder, path: join(folder, 'blobs/sha256', digestHex(blob.digest)) };
}
