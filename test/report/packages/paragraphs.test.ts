import { expect, test } from 'vitest';

import { paragraphs } from '../../../src/report/packages/paragraphs.ts';
import type { Paragraph } from '../../../src/report/packages/paragraphs.ts';

const wanted = new Set(['A', 'B']);

function read(text: string): Record<string, readonly string[]>[] {
  return [...paragraphs(Buffer.from(text), wanted)].map((fields) => Object.fromEntries(fields));
}

test.each<[what: string, text: string, expected: Record<string, readonly string[]>[]]>([
  ['two of them', 'A: 1\nB: 2\n\nA: 3\n', [{ A: ['1'], B: ['2'] }, { A: ['3'] }]],
  ['many empty lines', '\n\nA: 1\n\n \n\r\nA: 2', [{ A: ['1'] }, { A: ['2'] }]],
  ['lines that end as in Windows', 'A: 1\r\nB: 2\r\n', [{ A: ['1'], B: ['2'] }]],
  ['a field over several lines', 'A: 1\n 2\n\t3\nB: 4\n', [{ A: ['1\n2\n3'], B: ['4'] }]],
  ['a field again', 'A: 1\nA: 2\n', [{ A: ['1', '2'] }]],
  ['fields nobody wants', 'C: 1\n A: 2\nno field\nA:3\n', [{ A: ['3'] }]],
  ['an empty field', 'A:\nB: 1\n', [{ A: [''], B: ['1'] }]],
  ['a paragraph with nothing wanted', 'C: 1\n\nA: 1\n', [{ A: ['1'] }]],
  ['nothing', '', []],
])('%s', (_, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test('a line without end is cut, and what comes behind it is read', () => {
  const first = firstOf(Buffer.from(`A: ${'x'.repeat(1_000_000)}\nB: 1\n`));
  expect(first?.get('A')?.[0]).toHaveLength(256 * 1024 - 3);
  expect(first?.get('B')).toEqual(['1']);
});

test('a field of lines without end is cut', () => {
  const first = firstOf(Buffer.from(`A: 1\n${` ${'x'.repeat(1000)}\n`.repeat(3000)}`));
  expect(first?.get('A')?.[0]?.length).toBeLessThan(1024 * 1024 + 1100);
});

function firstOf(bytes: Buffer): Paragraph | undefined {
  return [...paragraphs(bytes, wanted)].at(0);
}
