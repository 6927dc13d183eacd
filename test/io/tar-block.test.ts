import { describe, expect, test } from 'vitest';

import { paxSize, readPaxRecords, readTarBlock } from '../../src/io/tar-block.ts';
import { encodeTarHeader } from '../../src/io/tar-header.ts';

function withField(start: number, bytes: Uint8Array | readonly number[]): Buffer {
  const block = encodeTarHeader({ name: 'a', size: 5 });
  block.set(bytes, start);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

describe('a header', () => {
  test('of a file', () => {
    const block = encodeTarHeader({ name: 'blobs/a', size: 8 * 1024 ** 3 - 1 });
    expect(readTarBlock(block)).toEqual({ type: '0', size: 8 * 1024 ** 3 - 1, path: 'blobs/a', link: '' });
  });

  test.each([
    [
      'of GNU, with a binary size',
      withField(124, [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]),
      { size: 2 * 2 ** 32 },
    ],
    ['of a link, whose size means nothing', withField(156, [0x32, 0x62]), { type: '2', size: 0, link: 'b' }],
    ['of ustar, with the rest of its path', withField(345, Buffer.from('x/y')), { path: 'x/y/a' }],
  ])('%s', (_, block, expected) => {
    expect(readTarBlock(block)).toMatchObject(expected);
  });

  test.each([
    ['a size that is no number', withField(124, Buffer.from('9'))],
    ['a size below nothing', withField(124, Buffer.from([0xff]))],
    ['a size beyond all numbers', withField(124, Buffer.from([0x80, 1, 1, 1, 1]))],
    ['another sum', Buffer.concat([Buffer.from('b'), encodeTarHeader({ name: 'a', size: 5 }).subarray(1)])],
  ])('with %s is refused', (_, block) => {
    expect(() => readTarBlock(block)).toThrow('it has a damaged header');
  });
});

describe('records of pax', () => {
  test('are read, the last of a key', () => {
    const records = readPaxRecords(Buffer.from('9 path=a\n9 path=b\n13 size=1234\n'));
    expect(Object.fromEntries(records)).toEqual({ path: 'b', size: '1234' });
    expect(paxSize(records)).toBe(1234);
    expect(paxSize(new Map())).toBeUndefined();
  });

  test.each([
    'x',
    '9',
    '0 a=b\n',
    '99 path=a\n',
    '-9 path=a\n',
    '1e1 path=a\n',
    '9 path=a\nx',
    '9 path=a\n5',
  ])('%j is none', (text) => {
    expect(() => readPaxRecords(Buffer.from(text))).toThrow('it has a damaged header');
  });

  test.each(['', '-1', '1.5', '12345678901234567'])('the size %j is none', (size) => {
    expect(() => paxSize(new Map([['size', size]]))).toThrow('it has a damaged header');
  });
});
