import { expect, test } from 'vitest';

import { pathHash, pathHashes, PathSetBuilder } from '../../../src/report/packages/path-set.ts';

test('knows the paths that it was given, and no others', () => {
  const builder = new PathSetBuilder();
  const paths = Array.from({ length: 20_000 }, (_, index) => `usr/share/doc/package-${index}/copyright`);
  for (const path of paths) builder.add(path);
  const set = builder.build();
  expect(paths.filter((path) => !set.has(path))).toEqual([]);
  const others = paths.flatMap((path) => [`${path}x`, path.slice(1), path.toUpperCase()]);
  expect(others.filter((path) => set.has(path))).toEqual([]);
});

test('knows nothing when it was given nothing', () => {
  expect(new PathSetBuilder().build().has('')).toBe(false);
});

test('tells texts apart that differ little', () => {
  const builder = new PathSetBuilder();
  for (const path of ['', 'a', 'ab', 'ä', '\uD83D\uDE00']) builder.add(path);
  const set = builder.build();
  for (const path of ['', 'a', 'ab', 'ä', '\uD83D\uDE00']) expect(set.has(path)).toBe(true);
  for (const path of ['ba', 'b', 'a\u0308', '\uD83D', '\0']) expect(set.has(path)).toBe(false);
});

test('a path has the hashes of the folders it is in, and its own', () => {
  expect(pathHashes('usr/lib/x')).toEqual(['usr', 'usr/lib', 'usr/lib/x'].map(pathHash));
  expect(pathHashes('')).toEqual([pathHash('')]);
  const set = new PathSetBuilder();
  set.add('usr/lib');
  expect(pathHashes('usr/lib/x').map((hash) => set.build().hasHash(hash))).toEqual([false, true, false]);
});
