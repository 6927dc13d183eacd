import { describe, expect, test } from 'vitest';

import { parsedProfile } from '../../src/profile/profile-set.ts';
import type { ParsedPack } from '../../src/profile/profile-set.ts';
import { readProfile } from '../../src/profile/read-profile.ts';
import { ValuesLookup } from '../../src/profile/values-lookup.ts';
import { ValuesReader } from '../../src/profile/values-reader.ts';
import { profileFile } from '../support/sample-profiles.ts';

/** Packs with these values that note how often their trees are asked for. */
function packsWith(...values: readonly string[]): { packs: readonly ParsedPack[]; asked: () => number } {
  let count = 0;
  const packs = parsedProfile(readProfile(profileFile(values)), new ValuesReader()).packs.map((pack) => ({
    ...pack,
    trees: () => {
      count += 1;
      return pack.trees();
    },
  }));
  return { packs, asked: () => count };
}

/** What each of the packs has at the path. */
function found(path: string, ...values: readonly string[]) {
  const lookup = new ValuesLookup();
  return packsWith(...values).packs.map((pack) => lookup.find(pack, path));
}

describe('what stands at a path', () => {
  test('is a text, or said to be more', () => {
    const values = 'a:\n  b: one\n  c: [two]\n---\nd: three\n';
    expect(found('a.b', values)).toEqual([{ kind: 'scalar', text: 'one' }]);
    expect(found('a.c[0]', values)).toEqual([{ kind: 'scalar', text: 'two' }]);
    expect(found('a.c', values)).toEqual([{ kind: 'list' }]);
    expect(found('a', values)).toEqual([{ kind: 'map' }]);
    expect(found('d', values)).toEqual([{ kind: 'scalar', text: 'three' }]);
    expect(found('a.d', values)).toEqual([undefined]);
  });

  test.each([
    ['escaped', '"\\u0061b": one\n', 'ab'],
    ['broken over lines', '? "a\\\n  b"\n: one\n', 'ab'],
    ['an alias', 'x: &k ab\n*k : one\n', 'ab'],
    ['merged', 'x: &m {ab: one}\ny:\n  <<: *m\n', 'y.ab'],
    ['with dots', 'a.b: {c: one}\n', 'a.b.c'],
    ['a number', '8080: one\n', '8080'],
    ['in JSON', '{"\\u0061b": "one"}', 'ab'],
    ['behind a byte order mark', '\uFEFFab: one\n', 'ab'],
  ])('is found by a key that is %s', (_what, values, path) => {
    expect(found(path, values)).toEqual([{ kind: 'scalar', text: 'one' }]);
  });
});

describe('trees are asked for', () => {
  test('once for each text and path, and not at all where the key is nowhere', () => {
    const { packs, asked } = packsWith('a: 1\nb: 2\n', 'a: 1\nb: 2\n', 'c: a-b\n');
    const lookup = new ValuesLookup();
    for (const path of ['a', 'b', 'nowhere', 'a']) for (const pack of packs) lookup.find(pack, path);
    // The second pack has the text of the first; in the third, the letters are there.
    expect(asked()).toBe(2);
  });

  test('again where many large ones came between; answers stay', () => {
    const large = (key: string) => `${key}: ${'x'.repeat(700 * 1024)}\nb: ${key}\n`;
    const { packs, asked } = packsWith(large('one'), large('two'));
    const lookup = new ValuesLookup();
    const answers = (path: string) => packs.map((pack) => lookup.find(pack, path)?.kind);
    expect(answers('b')).toEqual(['scalar', 'scalar']);
    expect(answers('b')).toEqual(['scalar', 'scalar']);
    expect(asked()).toBe(2);
    expect(answers('one')).toEqual(['scalar', undefined]);
    expect(asked()).toBe(3);
  });

  test('once for a text that is larger than all that is kept', () => {
    const { packs, asked } = packsWith(`a: ${'x'.repeat(1100 * 1024)}\nb: 2\n`);
    const lookup = new ValuesLookup();
    for (const pack of packs) {
      expect(lookup.find(pack, 'b')).toEqual({ kind: 'scalar', text: '2' });
      expect(lookup.find(pack, 'b.a')).toBeUndefined();
    }
    expect(asked()).toBe(1);
  });
});
