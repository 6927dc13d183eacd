import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { readDpkgStatus } from '../../../src/report/packages/read-dpkg-status.ts';
import { requireTool } from '../../support/required-tools.ts';

test('has the packages of this machine that dpkg-query lists, with source and version', () => {
  const format =
    '${Package} ${Version} ${Architecture} ${source:Package} ${source:Version} ${db:Status-Status}\n';
  const listed = execFileSync(requireTool('dpkg-query'), ['-W', '-f', format], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((line) => !/ (?:config-files|not-installed|half-installed)$/.test(line))
    .map((line) => line.split(' ').slice(0, 5).join(' '))
    .toSorted();
  const { packages, problems } = readDpkgStatus(readFileSync('/var/lib/dpkg/status'));
  const found = packages.map(({ name, version, architecture, upstream }) => {
    const [source = name, sourceVersion = version] = upstream?.split('@') ?? [];
    return [name, version, architecture, source, sourceVersion].join(' ');
  });
  expect(found.toSorted()).toEqual(listed);
  expect(listed.length).toBeGreaterThan(50);
  expect(problems).toEqual([]);
});

describe('a package', () => {
  test('has what its paragraph says', () => {
    const status = `Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9)
Version: 2.36-9+deb12u4
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Provides: libc-dev-bin (= 1), libcrypt-dev
Pre-Depends: libgcc-s1 (>= 3),
 libcrypt1:any (>= 1:4.4.10-10~)
Depends: a | b (>= 2) , c
Description: GNU C Library
 Depends: nothing, this is text
Homepage: https://www.gnu.org/software/libc/libc.html
`;
    expect(readDpkgStatus(Buffer.from(status))).toEqual({
      packages: [
        {
          type: 'deb',
          name: 'libc6',
          version: '2.36-9+deb12u4',
          architecture: 'amd64',
          licences: [],
          supplier: 'GNU Libc Maintainers <debian-glibc@lists.debian.org>',
          homepage: 'https://www.gnu.org/software/libc/libc.html',
          upstream: 'glibc@2.36-9',
          provides: ['libc-dev-bin', 'libcrypt-dev'],
          requires: [['libgcc-s1'], ['libcrypt1'], ['a', 'b'], ['c']],
        },
      ],
      problems: [],
    });
  });

  test.each([
    ['install ok installed', 1],
    ['hold ok installed', 1],
    ['install ok triggers-pending', 1],
    ['install ok unpacked', 1],
    ['deinstall ok config-files', 0],
    ['purge ok not-installed', 0],
    ['install reinstreq half-installed', 0],
  ])('in the state "%s" counts as %d', (state, count) => {
    const paragraph = `Package: a\nStatus: ${state}\nVersion: 1\n`;
    expect(readDpkgStatus(Buffer.from(paragraph)).packages).toHaveLength(count);
  });

  test('of a file without states is there', () => {
    const { packages } = readDpkgStatus(Buffer.from('Package: tzdata\nVersion: 2024a\n'));
    expect(packages.map(({ name }) => name)).toEqual(['tzdata']);
  });
});

test('packages without a name, a version, or with a name that is none, are counted', () => {
  const status = [
    'Package: a',
    'Version: 1',
    'Package: b c\nVersion: 1',
    `Package: ${'x'.repeat(2000)}\nVersion: 1`,
  ]
    .map((each) => `${each}\n`)
    .join('\n');
  expect(readDpkgStatus(Buffer.from(`${status}\nPackage: good\nVersion: 1`))).toMatchObject({
    packages: [{ name: 'good' }],
    problems: ['has 4 packages without a name or version'],
  });
});
