import { expect, test } from 'vitest';

import { ChunkSizes } from '../../src/registry/chunk-sizes.ts';

const mebibyte = 1024 * 1024;

test('as long as nothing was refused there is no limit', () => {
  expect(new ChunkSizes().of('https://a')).toBeUndefined();
});

test('what is refused makes the next ones smaller, at that host only', () => {
  const sizes = new ChunkSizes();
  expect(sizes.refused('https://a', 1e9)).toBe(true);
  expect(sizes.of('https://a')).toBe(64 * mebibyte);
  expect(sizes.refused('https://a', 64 * mebibyte)).toBe(true);
  expect(sizes.of('https://a')).toBe(16 * mebibyte);
  expect(sizes.of('https://b')).toBeUndefined();
});

test('a refusal of what was sent before the limit was known changes nothing', () => {
  const sizes = new ChunkSizes();
  sizes.refused('https://a', 2 * mebibyte);
  expect(sizes.refused('https://a', 1e9)).toBe(true);
  expect(sizes.of('https://a')).toBe(mebibyte);
});

test('there is an end', () => {
  const sizes = new ChunkSizes();
  let size = 1e9;
  let tries = 0;
  while (sizes.refused('https://a', size)) {
    size = sizes.of('https://a') ?? 0;
    tries += 1;
  }
  expect([tries, size]).toEqual([5, mebibyte / 4]);
});
