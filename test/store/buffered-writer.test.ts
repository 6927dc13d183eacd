import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, expect, onTestFinished, test, vi } from 'vitest';

import { BufferPool, bufferSize } from '../../src/store/buffer-pool.ts';
import { BufferedWriter } from '../../src/store/buffered-writer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { mebibyte, seededBytes } from './seeded-blob.ts';

afterEach(() => vi.useRealTimers());

test('what is appended is what is in the file, whatever the pieces; the caller may reuse its buffer', async () => {
  const { file, content } = await emptyFile();
  const bytes = seededBytes({ seed: 1, size: 5 * mebibyte + 123 });
  const writer = new BufferedWriter(file, { position: 0, limit: bytes.length, pool: new BufferPool() });
  const reused = Buffer.alloc(3 * mebibyte);
  const sizes = [1, 65_536, 3 * mebibyte, mebibyte, 0, 999_999, mebibyte];
  let position = 0;
  for (const size of sizes) {
    const count = bytes.copy(reused, 0, position, position + size);
    await writer.append(reused.subarray(0, count));
    reused.fill(0);
    position += count;
  }
  expect(position).toBe(bytes.length);
  await writer.flush();
  expect((await content()).equals(bytes)).toBe(true);
});

test('it goes on at its position', async () => {
  const { file, content } = await emptyFile();
  await file.write('hello');
  const writer = new BufferedWriter(file, { position: 5, limit: 6, pool: new BufferPool() });
  await writer.append(Buffer.from(' world'));
  await writer.flush();
  expect((await content()).toString()).toBe('hello world');
});

test('bytes of a slow connection reach the file within a second', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { file, content } = await emptyFile();
  const writer = new BufferedWriter(file, { position: 0, limit: mebibyte, pool: new BufferPool() });
  await writer.append(Buffer.from('a'));
  await writer.append(Buffer.from('b'));
  expect((await file.stat()).size).toBe(0);
  vi.advanceTimersByTime(1000);
  await writer.append(Buffer.from('c'));
  // The next write waits for the one before it.
  vi.advanceTimersByTime(1000);
  await writer.append(Buffer.from('d'));
  expect((await content()).toString()).toMatch(/^abc/);
});

test('a failed write is told to whoever appends next, and nothing is written after it', async () => {
  const path = join(await temporaryFolder(), 'file');
  await (await open(path, 'w')).close();
  const file = await open(path, 'r');
  onTestFinished(async () => await file.close());
  const writer = new BufferedWriter(file, { position: 0, limit: 2 * bufferSize, pool: new BufferPool() });
  await writer.append(Buffer.alloc(bufferSize));
  await expect(writer.append(Buffer.alloc(bufferSize))).rejects.toMatchObject({ code: 'EBADF' });
  await expect(writer.flush()).rejects.toMatchObject({ code: 'EBADF' });
  expect(await readFile(path)).toHaveLength(0);
});

async function emptyFile() {
  const path = join(await temporaryFolder(), 'file');
  const file = await open(path, 'wx+');
  onTestFinished(async () => await file.close());
  return { file, content: async () => await readFile(path) };
}
