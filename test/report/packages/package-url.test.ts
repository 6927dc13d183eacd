import { describe, expect, test } from 'vitest';

import { packageUrl } from '../../../src/report/packages/package-url.ts';
import type { PackageUrlParts } from '../../../src/report/packages/package-url.ts';

/** Of purl-spec, tests/types/*.json, "build". */
const ofTheSpecification: readonly (readonly [string, PackageUrlParts])[] = [
  [
    'pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie',
    {
      type: 'deb',
      namespace: 'debian',
      name: 'curl',
      version: '7.50.3-1',
      qualifiers: { arch: 'i386', distro: 'jessie' },
    },
  ],
  [
    'pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64',
    {
      type: 'deb',
      namespace: 'debian',
      name: 'attr',
      version: '1:2.4.47-2+b1',
      qualifiers: { arch: 'amd64' },
    },
  ],
  [
    'pkg:apk/alpine/curl@7.83.0-r0?arch=x86',
    { type: 'apk', namespace: 'alpine', name: 'curl', version: '7.83.0-r0', qualifiers: { arch: 'x86' } },
  ],
  [
    'pkg:rpm/fedora/centerim@4.22.10-1.el6?arch=i686&distro=fedora-25&epoch=1',
    {
      type: 'rpm',
      namespace: 'fedora',
      name: 'centerim',
      version: '4.22.10-1.el6',
      qualifiers: { epoch: '1', arch: 'i686', distro: 'fedora-25' },
    },
  ],
  [
    'pkg:golang/github.com/gorilla/context@234fd47e07d1004f0aed9c',
    { type: 'golang', namespace: 'github.com/gorilla', name: 'context', version: '234fd47e07d1004f0aed9c' },
  ],
  [
    'pkg:npm/%40angular/animation@12.3.1',
    { type: 'npm', namespace: '@angular', name: 'animation', version: '12.3.1' },
  ],
  ['pkg:npm/foobar@12.3.1', { type: 'npm', name: 'foobar', version: '12.3.1' }],
  [
    'pkg:npm/mypackage@12.4.5?vcs_url=git:%2F%2Fhost.com%2Fpath%2Fto%2Frepo.git%404345abcd34343',
    {
      type: 'npm',
      name: 'mypackage',
      version: '12.4.5',
      qualifiers: { vcs_url: 'git://host.com/path/to/repo.git@4345abcd34343' },
    },
  ],
  ['pkg:pypi/django-package@1.11.1.dev1', { type: 'pypi', name: 'Django_package', version: '1.11.1.dev1' }],
];

test.each(ofTheSpecification)('%s', (expected, parts) => {
  expect(packageUrl(parts)).toBe(expected);
});

describe('a package URL', () => {
  test('leaves out what is empty', () => {
    const qualifiers = { arch: undefined, distro: '' };
    expect(packageUrl({ type: 'golang', namespace: '', name: 'stdlib', version: '', qualifiers })).toBe(
      'pkg:golang/stdlib',
    );
  });

  test('encodes what is neither letter, digit, nor one of .-_~:', () => {
    expect(packageUrl({ type: 'npm', name: "a!b'c(d)e*f~g", version: '1 2/3?4#5%6' })).toBe(
      'pkg:npm/a%21b%27c%28d%29e%2Af~g@1%202%2F3%3F4%235%256',
    );
  });

  test('can be made of half a character', () => {
    expect(packageUrl({ type: 'npm', name: 'a\uD800', version: '1' })).toBe('pkg:npm/a%EF%BF%BD@1');
  });

  test('has module paths in lower case', () => {
    expect(
      packageUrl({ type: 'golang', namespace: 'github.com/Azure', name: 'Go-Autorest', version: 'v1.0.0' }),
    ).toBe('pkg:golang/github.com/azure/go-autorest@v1.0.0');
  });
});
