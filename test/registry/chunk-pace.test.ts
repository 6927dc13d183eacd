import { expect, test } from 'vitest';

import { ChunkPace } from '../../src/registry/chunk-pace.ts';

const mebibyte = 1024 * 1024;

/** The sizes of chunks that take so many seconds, one after the other. */
function sizesOf(seconds: readonly number[]): number[] {
  let clock = 0;
  const pace = new ChunkPace({ now: () => clock });
  const sizes: number[] = [];
  for (const each of seconds) {
    sizes.push(pace.size / mebibyte);
    pace.begin();
    clock += each * 1000;
    pace.end(pace.size);
  }
  return sizes;
}

test('chunks grow as long as they are short, to 512 MiB', () => {
  expect(sizesOf([1, 1, 1, 1, 1, 1, 1, 1])).toEqual([16, 32, 64, 128, 256, 512, 512, 512]);
});

test('chunks of some seconds stay, and those of a slow link are as small as can be', () => {
  expect(sizesOf([1, 1, 10, 10, 30, 60, 60, 60])).toEqual([16, 32, 64, 64, 64, 32, 16, 16]);
});

test('a chunk that was smaller says nothing about the time of a whole one', () => {
  const pace = new ChunkPace({ now: () => 0 });
  pace.begin();
  pace.end(mebibyte);
  expect(pace.size).toBe(16 * mebibyte);
});
