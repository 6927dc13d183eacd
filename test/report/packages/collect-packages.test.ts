import { expect, test } from 'vitest';

import { collectPackages } from '../../../src/report/packages/collect-packages.ts';
import type { FoundPackage } from '../../../src/report/packages/found-package.ts';

const some: FoundPackage = { type: 'deb', name: 'a', version: '1', licences: [], provides: [], requires: [] };

test('what makes no sense is counted', () => {
  expect(collectPackages([some, undefined, some, undefined])).toEqual({
    packages: [some, some],
    problems: ['has 2 packages without a name or version'],
  });
});

test('a database that is made to fill memory is cut, and nothing more is read of it', () => {
  let asked = 0;
  function* endless(): Generator<FoundPackage> {
    for (;;) {
      asked += 1;
      yield some;
    }
  }
  const { packages, problems } = collectPackages(endless());
  expect(packages).toHaveLength(200_000);
  expect(problems).toEqual(['has more than 200000 packages; what comes behind is not listed']);
  expect(asked).toBe(200_001);
});

test('so is one of dependencies without end', () => {
  const names = Array.from({ length: 500_000 }, () => 'b');
  const greedy: FoundPackage = { ...some, provides: names, requires: [names] };
  const { packages, problems } = collectPackages([greedy, greedy, greedy]);
  expect(packages).toHaveLength(2);
  expect(problems).toEqual(['has more than 2000000 dependencies; what comes behind is not listed']);
});
