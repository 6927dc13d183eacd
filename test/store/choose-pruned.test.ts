import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { choosePruned } from '../../src/store/choose-pruned.ts';
import type { PruneLimits } from '../../src/store/choose-pruned.ts';
import type { StoreEntry } from '../../src/store/list-entries.ts';

const now = 1_000_000;

const entry = (name: string, size: number, age: number): StoreEntry => ({
  kind: 'blob',
  digest: digestOf(name),
  path: name,
  size,
  used: now - age,
});
const entries = [
  entry('new', 10, 1),
  entry('old', 20, 300),
  entry('older', 30, 500),
  entry('middle', 40, 100),
];

function choose(limits: PruneLimits, needed: readonly string[] = []) {
  const digests = new Set(needed.map((name) => digestOf(name)));
  const choice = choosePruned(entries, limits, { now, isNeeded: (digest) => digests.has(digest) });
  return { chosen: choice.chosen.map(({ path }) => path), needed: choice.needed.map(({ path }) => path) };
}

test.each<[limits: PruneLimits, chosen: string[]]>([
  [{}, []],
  [{ maximumBytes: 100 }, []],
  [{ maximumBytes: 99 }, ['older']],
  [{ maximumBytes: 50 }, ['older', 'old']],
  [{ maximumBytes: 49 }, ['older', 'old', 'middle']],
  [{ maximumBytes: 0 }, ['older', 'old', 'middle', 'new']],
  [{ olderThanMs: 300 }, ['older']],
  [{ olderThanMs: 299 }, ['older', 'old']],
  [{ olderThanMs: 0 }, ['older', 'old', 'middle', 'new']],
  [{ olderThanMs: 400, maximumBytes: 50 }, ['older', 'old']],
])('%j: the least recently used go first', (limits, chosen) => {
  expect(choose(limits)).toEqual({ chosen, needed: [] });
});

test('what is needed stays, and the next one goes in its place', () => {
  expect(choose({ maximumBytes: 70 }, ['older'])).toEqual({ chosen: ['old', 'middle'], needed: ['older'] });
  expect(choose({ olderThanMs: 300 }, ['older', 'new'])).toEqual({ chosen: [], needed: ['older'] });
});

test('no more goes than must', () => {
  const anyEntries = fc.array(fc.record({ size: fc.nat(1000), age: fc.nat(1000), isNeeded: fc.boolean() }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(anyEntries, fc.nat(20_000), (specs, maximumBytes) => {
      const all = specs.map(({ size, age }, index) => entry(String(index), size, age));
      const needed = new Set(
        specs.flatMap(({ isNeeded }, index) => (isNeeded ? [digestOf(String(index))] : [])),
      );
      const view = { now, isNeeded: (digest: StoreEntry['digest']) => needed.has(digest) };
      const { chosen } = choosePruned(all, { maximumBytes }, view);
      const left = all.filter((each) => !chosen.includes(each));
      const bytes = left.reduce((sum, { size }) => sum + size, 0);
      const free = left.filter(({ digest }) => !needed.has(digest));
      expect(bytes <= maximumBytes || free.length === 0).toBe(true);
      // Without the last one it would not have been enough.
      const last = chosen.at(-1);
      expect(last === undefined || bytes + last.size > maximumBytes).toBe(true);
      for (const one of chosen) expect(free.every(({ used }) => used >= one.used)).toBe(true);
    }),
  );
});
