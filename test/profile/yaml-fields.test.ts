import { expect, test } from 'vitest';

import {
  findPath,
  isAbsent,
  listField,
  mapField,
  scalarField,
  textField,
} from '../../src/profile/yaml-fields.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import type { YamlNode } from '../../src/profile/yaml-tree.ts';
import { onlyDocument } from '../support/sample-profiles.ts';

function tree(text: string): YamlNode {
  return onlyDocument(parseYaml(text, () => 'x')).root;
}

test.each([
  ['a: {b: 1}', 'a.b', '1'],
  ['a.b: 1', 'a.b', '1'],
  ['a.b: 1\na: {b: 2}', 'a.b', '1'],
  ['a.b: {x: 1}\na: {b.c: 2}', 'a.b.c', '2'],
  ['a: {b.c: {d.e: 1}}', 'a.b.c.d.e', '1'],
  ['a: [x, {b: y}]', 'a.1.b', 'y'],
  ['a: [x, {b: y}]', 'a[1].b', 'y'],
  ['a: [[x, y]]', 'a[0][1]', 'y'],
  ['a: {"0": x}', 'a.0', 'x'],
  ['"a[0]": x', 'a[0]', 'x'],
  ['a: 1', 'a.b', undefined],
  ['a: {b: 1}', 'a.c', undefined],
  ['a: [x]', 'a.1', undefined],
  ['a: [x]', 'a.-1', undefined],
  ['a: [x]', 'a.length', undefined],
  ['a: 1', '__proto__', undefined],
])('in %s, %s is %s', (text, path, value) => {
  const found = findPath(tree(text), path);
  expect(found?.kind === 'scalar' ? found.text : undefined).toBe(value);
});

test('a path with more ways than steps to spare ends', () => {
  const key = (length: number) => Array.from({ length }, () => 'a').join('.');
  let text = '{}';
  for (let depth = 0; depth < 30; depth += 1)
    text = `{${[1, 2, 3].map((length) => `"${key(length)}": &x${depth}${length} ${length === 1 ? text : '{}'}`).join(', ')}}`;
  expect(findPath(tree(text), `${key(80)}.b`)).toBeUndefined();
});

test('fields are of the asked kind, or absent', () => {
  const root = tree('map: {}\nlist: []\ntext: x\nnothing:\n');
  expect(mapField(root, 'map')).toMatchObject({ kind: 'map' });
  expect(mapField(root, 'list')).toBeUndefined();
  expect(listField(root, 'list')).toMatchObject({ kind: 'list' });
  expect(listField(root, 'text')).toBeUndefined();
  expect(scalarField(root, 'text')).toMatchObject({ text: 'x' });
  expect(scalarField(root, 'nothing')).toBeUndefined();
  expect(textField(root, 'map')).toBeUndefined();
  expect(textField(undefined, 'x')).toBeUndefined();
  expect(isAbsent(findPath(root, 'nothing'))).toBe(true);
  expect(isAbsent(undefined)).toBe(true);
  expect(isAbsent(findPath(root, 'map'))).toBe(false);
});
