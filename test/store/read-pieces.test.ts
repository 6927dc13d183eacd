import { open, readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

import { expect, onTestFinished, test } from 'vitest';

import { readPieces } from '../../src/store/read-pieces.ts';
import { allBytes, mebibyte } from './seeded-blob.ts';

const page = 4096;

test('a read that fails while the reader is busy is told when the reader comes back', async () => {
  const { file, range } = await memoryThatEnds();
  let count = 0;
  const reading = (async () => {
    for await (const piece of readPieces(file, range)) {
      count += piece.length;
      // Long enough for the read ahead to fail, and for a failure that nobody handles to end the test.
      for (let turn = 0; turn < 100; turn += 1) await setImmediate();
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'EIO' });
  expect(count).toBe(page);
});

test('a read that fails after the reader has stopped is of no interest', async () => {
  const { file, range } = await memoryThatEnds();
  for await (const piece of readPieces(file, range)) {
    expect(piece).toHaveLength(page);
    break;
  }
});

test('a file that ends before the range does ends the pieces', async () => {
  const file = await opened('/proc/self/cmdline');
  const bytes = await allBytes(readPieces(file, { start: 0, end: 10 * mebibyte, signal: undefined }));
  expect(bytes.equals(await readFile('/proc/self/cmdline'))).toBe(true);
});

/**
 * A real file that gives a page and then an error of the disk: the memory of this process, at its very end, where nothing
 * is ever added.
 */
async function memoryThatEnds() {
  const maps = await readFile('/proc/self/maps', 'utf8');
  const ends = [...maps.matchAll(/^[0-9a-f]{1,12}-([0-9a-f]{1,12}) r/gm)].map(([, end = '']) => end);
  const end = Number.parseInt(ends.at(-1) ?? '', 16);
  const range = { start: end - page, end: end + mebibyte, signal: undefined };
  return { file: await opened('/proc/self/mem'), range };
}

async function opened(path: string) {
  const file = await open(path, 'r');
  onTestFinished(async () => await file.close());
  return file;
}
