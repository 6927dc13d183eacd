import { expect, test } from 'vitest';

import { FileWindow } from '../../../src/report/packages/file-window.ts';

function windowOf(limit: number, ...pieces: readonly string[]): FileWindow {
  const window = new FileWindow(limit);
  for (const piece of pieces) window.append(Buffer.from(piece));
  return window;
}

test('all of a file that fits is held', () => {
  const window = windowOf(8, 'ab', 'cdef', 'gh');
  expect([window.start, window.end]).toEqual([0, 8]);
  expect(String(window.view(0, 8))).toBe('abcdefgh');
  expect(String(window.view(3, 5))).toBe('de');
});

test('of a longer one the end is held, at least half as much as fits', () => {
  const window = windowOf(8, 'abcdefgh', 'ij');
  expect([window.start, window.end]).toEqual([4, 10]);
  expect(String(window.view(4, 10))).toBe('efghij');
});

test('a piece that is longer than what fits goes by, too', () => {
  const window = windowOf(8, 'a', 'bcdefghijklmnopqrstuvwxyz');
  expect(window.end).toBe(26);
  expect(window.end - window.start).toBeGreaterThanOrEqual(4);
  expect(String(window.view(window.start, 26))).toBe('abcdefghijklmnopqrstuvwxyz'.slice(window.start));
});

test('what has not come yet, or is gone, is not given', () => {
  const window = windowOf(8, 'abcdefgh', 'ij');
  expect(String(window.view(8, 20))).toBe('ij');
  expect(window.view(20, 30)).toHaveLength(0);
  expect(window.view(0, 10)).toHaveLength(0);
});

test('the next file begins at 0', () => {
  const window = windowOf(8, 'abcdefgh', 'ij');
  window.reset();
  expect([window.start, window.end]).toEqual([0, 0]);
  window.append(Buffer.from('xy'));
  expect(String(window.view(0, 8))).toBe('xy');
});
