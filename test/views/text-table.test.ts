import { expect, test } from 'vitest';

import { textTable } from '../../src/views/text-table.ts';

test('columns are as wide as their widest cell, the last one is not padded', () => {
  const rows = [
    ['a', 'bb', 'c'],
    ['aaaa', '', 'cccccccccc'],
  ];
  expect(textTable(['ONE', 'B', 'THREE'], rows)).toBe(
    ['ONE   B   THREE', 'a     bb  c', 'aaaa      cccccccccc'].join('\n'),
  );
});

test('no rows leave the head', () => {
  expect(textTable(['IMAGE', 'DIGEST'], [])).toBe('IMAGE  DIGEST');
});

test('no line ends in blanks', () => {
  expect(textTable(['A', 'B'], [['aaa', '']])).toBe('A    B\naaa');
});

test('one column is a list', () => {
  expect(textTable(['A'], [['b'], ['cc']])).toBe('A\nb\ncc');
});

test('a table may have more rows than a call takes arguments', () => {
  const text = textTable(
    ['A', 'B'],
    Array.from({ length: 300_000 }, (_, index) => [`row ${index}`, 'b']),
  );
  expect(text.split('\n', 2)).toEqual(['A           B', 'row 0       b']);
  expect(text.endsWith('\nrow 299999  b')).toBe(true);
});
