import { expect, test } from 'vitest';

import { parsePartName, partNames, partStyles } from '../../src/bundle/part-name.ts';

test.each([
  [1, ['a.part00']],
  [3, ['a.part00', 'a.part01', 'a.part02']],
])('%i parts', (count, names) => {
  expect(partNames('a', count, 'plain')).toEqual(names);
});

test.each([100, 101, 1000, 10_000])('the names of %i parts are in order when they are sorted', (count) => {
  const names = partNames('a.tar.zst', count, 'canvos');
  expect(names.toSorted()).toEqual(names);
  expect(new Set(names.map((name) => name.length)).size).toBe(1);
  expect(names.at(-1)).toBe(`a.tar.zst_part${count - 1}`);
});

test('what is written can be read', () => {
  for (const style of partStyles) {
    for (const [index, name] of partNames('a.part00', 101, style).entries())
      expect(parsePartName(name)).toEqual({ bundle: 'a.part00', style, index, width: 3 });
  }
});

test.each(['a', '.part00', 'a.part0', 'a.part00000', 'a.part00x', 'a.parts.json', 'a-part00', 'part00'])(
  '%s is no part',
  (name) => {
    expect(parsePartName(name)).toBeUndefined();
  },
);
