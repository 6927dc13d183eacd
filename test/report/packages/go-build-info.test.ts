import { describe, expect, test } from 'vitest';

import { packagesOfGoBuild } from '../../../src/report/packages/go-build-info.ts';

function lines(modules: string, goVersion = 'go1.22.3'): string[] {
  return packagesOfGoBuild({ goVersion, modules }).map(({ name, version, goSum }) =>
    [name, version, goSum].filter(Boolean).join(' '),
  );
}

test('a program is its main module, the standard library, and its modules', () => {
  const modules =
    'path\ta.b/c/cmd\nmod\ta.b/c\tv1.2.0\th1:m=\ndep\td.e/f\tv0.1.0\th1:d=\nbuild\t-compiler=gc\nbuild\tvcs=git\n';
  const [main, ...others] = packagesOfGoBuild({ goVersion: 'go1.22.3', modules });
  expect(main).toEqual({
    type: 'golang',
    name: 'a.b/c',
    version: 'v1.2.0',
    licences: [],
    goSum: 'h1:m=',
    provides: [],
    requires: [['stdlib'], ['d.e/f']],
  });
  expect(others).toMatchObject([
    { name: 'stdlib', version: '1.22.3', requires: [] },
    { name: 'd.e/f', version: 'v0.1.0', goSum: 'h1:d=', requires: [] },
  ]);
});

describe('a module that is replaced', () => {
  test('goes by what replaces it', () => {
    expect(lines('dep\ta.b/c\tv1\th1:x=\n=>\td.e/f\tv2\th1:y=\n')).toEqual([
      'stdlib 1.22.3',
      'd.e/f v2 h1:y=',
    ]);
  });

  test.each(['./local', '../up', '/home/me/c', 'C:\\c'])(
    'by the folder %s goes by its own name',
    (folder) => {
      expect(lines(`dep\ta.b/c\tv1\th1:x=\n=>\t${folder}\t(devel)\t\n`)).toEqual(['stdlib 1.22.3', 'a.b/c']);
    },
  );

  test('by nothing that came before is nothing', () => {
    expect(lines('=>\td.e/f\tv2\th1:y=\n')).toEqual(['stdlib 1.22.3']);
  });
});

test.each([
  ['go1.22.3', '1.22.3'],
  ['go1.22.3 X:boringcrypto', '1.22.3'],
  ['go1.23rc1', '1.23rc1'],
  ['go1.24.1-custom', '1.24.1-custom'],
  ['devel go1.27-abcdef Mon Jan 1', 'devel-go1.27-abcdef-Mon-Jan-1'],
])('%s is version %s of the standard library', (goVersion, version) => {
  expect(lines('', goVersion)).toEqual([`stdlib ${version}`]);
});

test('a working copy has no version, and what is no module is left out', () => {
  expect(lines('mod\ta.b/c\t(devel)\t\ndep\t\tv1\t\ndep\tx y\tv1\t\ndep\nother\td.e/f\tv1\n')).toEqual([
    'a.b/c',
    'stdlib 1.22.3',
  ]);
});
