import { expect, test } from 'vitest';

import { formatChecksums, parseChecksums } from '../../src/iso/iso-checksums.ts';

const [one, two] = ['1'.repeat(64), '2'.repeat(64)];

test('the list is sorted, and read as it was written', () => {
  const files = [
    { path: 'b/c', sha256: two },
    { path: 'a b', sha256: one },
  ];
  const text = formatChecksums(files);
  expect(text).toBe(`${one}  a b\n${two}  b/c\n`);
  expect(parseChecksums(text, 'SHA256SUMS')).toEqual(files.toReversed());
});

test('lists of other tools are read, too: binary mode, ./ and Windows lines', () => {
  expect(parseChecksums(`${one} *x\r\n${two}  ./y\r\n`, 'SHA256SUMS')).toEqual([
    { path: 'x', sha256: one },
    { path: 'y', sha256: two },
  ]);
});

test.each([
  [`${one}  x\n${one.slice(1)}  y\n`, 2],
  [`${one}  x\n\n`, 2],
  [`${one}\n`, 1],
  [`${one}  x\n${two}  x\n`, 2],
  ['<html>', 1],
])('%j is none, and its line is told', (text, line) => {
  expect(() => parseChecksums(text, 'x.iso:SHA256SUMS')).toThrow(`x.iso:SHA256SUMS, line ${line}: `);
});
