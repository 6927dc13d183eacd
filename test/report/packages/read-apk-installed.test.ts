import { expect, test } from 'vitest';

import { readApkInstalled } from '../../../src/report/packages/read-apk-installed.ts';

const installed = `C:Q1u5HNVvVw7SxCyFDsJYXaLB1UqtI=
P:ca-certificates-bundle
V:20240226-r0
A:x86_64
S:124860
I:233472
T:Pre generated bundle of Mozilla certificates
U:https://www.mozilla.org/en-US/about/governance/policies/security-group/certs/
L:MPL-2.0 AND MIT
o:ca-certificates
m:Natanael Copa <ncopa@alpinelinux.org>
t:1708963361
c:56fb003da0adcea3b59373ef6a633d0c5bfef3ac
p:ca-certificates-cacert=20240226-r0 so:libca.so.1=1
F:etc
F:etc/ssl
R:cert.pem
a:0:0:777
Z:Q1Nj6gTBdkZpTFW/obJGdpfvK0StA=

P:musl
V:1.2.5-r0
A:x86_64
L:MIT
o:musl
D:so:libca.so.1 ca-certificates-bundle>=2024 !uclibc-utils scanelf~1.3
`;

test('packages have what their paragraphs say', () => {
  expect(readApkInstalled(Buffer.from(installed))).toEqual({
    packages: [
      {
        type: 'apk',
        name: 'ca-certificates-bundle',
        version: '20240226-r0',
        architecture: 'x86_64',
        licences: ['MPL-2.0 AND MIT'],
        supplier: 'Natanael Copa <ncopa@alpinelinux.org>',
        homepage: 'https://www.mozilla.org/en-US/about/governance/policies/security-group/certs/',
        upstream: 'ca-certificates',
        provides: ['ca-certificates-cacert', 'so:libca.so.1'],
        requires: [],
      },
      {
        type: 'apk',
        name: 'musl',
        version: '1.2.5-r0',
        architecture: 'x86_64',
        licences: ['MIT'],
        supplier: undefined,
        homepage: undefined,
        upstream: undefined,
        provides: [],
        requires: [['so:libca.so.1'], ['ca-certificates-bundle'], ['scanelf']],
      },
    ],
    problems: [],
  });
});

test('a package without a name or version is counted', () => {
  const { packages, problems } = readApkInstalled(Buffer.from('P:a\n\nV:1\n\nP:b\nV:2\n'));
  expect(packages.map(({ name }) => name)).toEqual(['b']);
  expect(problems).toEqual(['has 2 packages without a name or version']);
});

test('an empty database has no packages', () => {
  expect(readApkInstalled(Buffer.alloc(0))).toEqual({ packages: [], problems: [] });
});
