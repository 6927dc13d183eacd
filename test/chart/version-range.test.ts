import { describe, expect, test } from 'vitest';

import { chooseVersion, isExactVersion } from '../../src/chart/choose-version.ts';
import { compareChartVersions, parseChartVersion } from '../../src/chart/chart-version.ts';
import { parseVersionRange } from '../../src/chart/version-range.ts';

test('versions in their order', () => {
  const sorted = [
    '1.0.0-0',
    '1.0.0-2',
    '1.0.0-10',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-beta',
    'v1.0.0',
    '1.0.1',
    '1.2',
    '1.10.0',
    '2',
  ];
  const parsed = sorted.map((text) => ({ text, version: parseChartVersion(text) }));
  const turned = parsed.toReversed().toSorted((left, right) => {
    if (left.version === undefined || right.version === undefined) throw new Error('no version');
    return compareChartVersions(left.version, right.version);
  });
  expect(turned.map(({ text }) => text)).toEqual(sorted);
});

test.each(['', 'x', '1.2.3.4', '1.0.0-01', '-1', '1.0.0+', `1.0.0-${'a'.repeat(300)}`])(
  '%j is no version',
  (text) => {
    expect(parseChartVersion(text)).toBeUndefined();
  },
);

// As Masterminds/semver 3.5 decides, which Helm uses.
describe.each<[range: string, inside: readonly string[], outside: readonly string[]]>([
  ['1.2.3', ['1.2.3', 'v1.2.3', '1.2.3+b'], ['1.2.4', '1.2.3-a']],
  ['1.2', ['1.2.0', '1.2.9'], ['1.3.0', '1.2.0-a']],
  ['=1', ['1.9.0'], ['2.0.0']],
  ['1.2.x', ['1.2.9'], ['1.3.0']],
  ['*', ['0.0.0', '9.9.9'], ['1.0.0-a']],
  ['^1.2.3', ['1.2.3', '1.9.0'], ['1.2.2', '2.0.0', '1.3.0-a']],
  ['^0.2.3', ['0.2.9'], ['0.3.0', '1.0.0']],
  ['^0.0.3', ['0.0.3'], ['0.0.4']],
  ['^0.0', ['0.0.9'], ['0.1.0']],
  ['^0', ['0.9.0'], ['1.0.0']],
  ['~1.2.3', ['1.2.3', '1.2.9'], ['1.3.0']],
  ['~>1.2', ['1.2.0'], ['1.3.0']],
  ['~1', ['1.9.0'], ['2.0.0']],
  ['>1', ['2.0.0'], ['1.9.9']],
  ['>1.2', ['1.3.0', '2.0.0'], ['1.2.9']],
  ['>=1.2', ['1.2.0'], ['1.1.9']],
  ['=>1.2', ['1.2.0'], ['1.1.9']],
  ['<1.2', ['1.1.9'], ['1.2.0']],
  ['<=1.2', ['1.2.9', '0.1.0'], ['1.3.0']],
  ['=<1', ['1.9.9'], ['2.0.0']],
  ['!=1.2', ['1.3.0'], ['1.2.5']],
  ['!=1.2.3', ['1.2.4'], ['1.2.3']],
  ['>=1.0.0-0', ['1.0.0-a', '2.0.0-b', '3.0.0'], ['0.9.0']],
  ['>=1, <2', ['1.5.0'], ['2.0.0']],
  ['>=1 <2 || 3.x', ['1.5.0', '3.1.0'], ['2.5.0']],
  ['1.2 - 1.4', ['1.2.0', '1.4.9'], ['1.5.0']],
  ['  >=  1\t,   <  2  ||   3.x ', ['1.5.0', '3.1.0'], ['2.5.0']],
  ['>=1   <2', ['1.5.0'], ['2.0.0']],
])('the range %j', (range, inside, outside) => {
  const isIn = (text: string) => {
    const version = parseChartVersion(text);
    return version !== undefined && parseVersionRange(range)?.(version);
  };
  test('takes what Helm takes', () => {
    expect(inside.filter((text) => isIn(text) !== true)).toEqual([]);
    expect(outside.filter((text) => isIn(text) !== false)).toEqual([]);
  });
});

test.each(['', 'latest', '>>1', '1 ||', '1.2.3.4', 'x'.repeat(600), '1||'.repeat(40)])(
  '%j is no range',
  (range) => {
    expect(parseVersionRange(range)).toBeUndefined();
  },
);

// They took longer than anybody would wait.
test.each(['1  ', '1, ', '1 , ', ' ', '>  '])(
  '%j, again and again, is told in time to be no range',
  (part) => {
    const text = `${part.repeat(500 / part.length)}!`;
    expect(parseVersionRange(text)).toBeUndefined();
    expect(chooseVersion(['1.0.0'], text)).toBeUndefined();
  },
);

describe('of several versions', () => {
  const versions = ['1.0.0', '1.10.0', '1.9.0', '2.0.0-rc.1', 'latest', '1.10.0+b'];

  test.each([
    ['', '1.10.0'],
    ['^1', '1.10.0'],
    ['1.9', '1.9.0'],
    ['1.10.0+b', '1.10.0+b'],
    ['>=1-0', '2.0.0-rc.1'],
    ['latest', 'latest'],
    ['v1.0.0', '1.0.0'],
    ['3', undefined],
    ['nope', undefined],
  ])('%j is %s', (wanted, expected) => {
    expect(chooseVersion(versions, wanted)).toBe(expected);
  });
});

test.each([
  ['1.2.3', true],
  ['v1.2.3-a+b', true],
  ['1.2', false],
  ['^1.2.3', false],
  ['1.2.x', false],
  ['', false],
])('%j names one version: %s', (text, expected) => {
  expect(isExactVersion(text)).toBe(expected);
});
