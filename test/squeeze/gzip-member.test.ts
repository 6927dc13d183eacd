import { crc32 } from 'node:zlib';

import { expect, test } from 'vitest';

import { readGzipHead } from '../../src/squeeze/gzip-member.ts';
import { member } from './gzip-files.ts';

const most = 128 * 1024;
/** Of heads with a comment: what is before it, and its end. */
const fixed = 10 + 1;

test.each([
  [most, most],
  [most + 1, 'none'],
])('a head of %i bytes is one or is none however many bytes are here', (size, expected) => {
  const file = member(Buffer.from('plain'), undefined, { comment: 'c'.repeat(size - fixed) });
  for (const here of [size, size + 1, file.length]) {
    const head = readGzipHead(file.subarray(0, here), crc32);
    expect(typeof head === 'string' ? head : head.size).toBe(expected);
  }
  expect(readGzipHead(file.subarray(0, most - 1), crc32)).toBe('more');
});
