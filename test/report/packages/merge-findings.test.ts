import { describe, expect, test } from 'vitest';

import { mergeFindings } from '../../../src/report/packages/merge-findings.ts';
import type { ImagePackages } from '../../../src/report/package.ts';
import { imageOf, scannedLayer } from '../../support/layer-tar.ts';
import type { LayerMembers } from '../../support/layer-tar.ts';

const alpine = 'ID=alpine\nVERSION_ID=3.20.1\n';
const installed = 'P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n';
const metadata = (name: string, more = ''): string => `Name: ${name}\nVersion: 1\n${more}`;
const json = (name: string, dependencies: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({ name, version: '1', dependencies });

function purls({ packages }: ImagePackages): string[] {
  return packages.map(({ purl }) => purl);
}

test('a package has the layer and path it was found at, and the distribution in its package URL', async () => {
  const lower = { 'etc/os-release': alpine };
  const upper = { 'lib/apk/db/installed': installed };
  const { digest } = await scannedLayer(upper);
  expect(await imageOf(lower, upper)).toEqual({
    distribution: { id: 'alpine', versionId: '3.20.1' },
    packages: [
      {
        id: 'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1 lib/apk/db/installed',
        type: 'apk',
        name: 'musl',
        version: '1.2.5-r0',
        purl: 'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1',
        architecture: 'x86_64',
        licences: ['MIT'],
        layer: digest,
        path: 'lib/apk/db/installed',
        dependsOn: [],
      },
    ],
    warnings: [],
  });
});

describe('package URLs', () => {
  const debian = 'Package: libc6\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 1:2.36-9+b1\n';

  test.each([
    [
      { 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n', 'var/lib/dpkg/status': debian },
      'pkg:deb/debian/libc6@1:2.36-9%2Bb1?arch=amd64&distro=debian-12&upstream=glibc%402.36-9',
    ],
    [
      { 'usr/lib/os-release': 'ID=ubuntu\n', 'var/lib/dpkg/status': debian },
      'pkg:deb/ubuntu/libc6@1:2.36-9%2Bb1?arch=amd64&distro=ubuntu&upstream=glibc%402.36-9',
    ],
    [
      { 'var/lib/dpkg/status': debian },
      'pkg:deb/debian/libc6@1:2.36-9%2Bb1?arch=amd64&upstream=glibc%402.36-9',
    ],
    [{ 'a/node_modules/@b/c/package.json': json('@b/c') }, 'pkg:npm/%40b/c@1'],
    [{ 'x/a.dist-info/METADATA': metadata('Zope_Interface') }, 'pkg:pypi/zope-interface@1'],
  ])('%#', async (members, purl) => {
    expect(purls(await imageOf(members))).toEqual([purl]);
  });
});

describe('of layers upon each other', () => {
  const a = { 'app/node_modules/a/package.json': json('a') };
  const b = { 'app/node_modules/b/package.json': json('b') };

  test.each<[what: string, layers: LayerMembers[], expected: string[]]>([
    ['all count', [a, b], ['pkg:npm/a@1', 'pkg:npm/b@1']],
    ['a file that is replaced', [a, { 'app/node_modules/a/package.json': json('c') }], ['pkg:npm/c@1']],
    ['a file that is removed', [a, b, { 'app/node_modules/a/.wh.package.json': '' }], ['pkg:npm/b@1']],
    ['a folder that is removed', [a, b, { 'app/.wh.node_modules': '' }], []],
    ['a folder that is made empty', [a, b, { 'app/node_modules/.wh..wh..opq': '' }], []],
    ['a root that is made empty', [a, { '.wh..wh..opq': '' }, b], ['pkg:npm/b@1']],
    ['a folder that is a file now', [a, { 'app/node_modules': 'x' }], []],
    ['a folder that is a link now', [a, { app: { to: 'other' } }], []],
    ['a file that is a folder now', [a, { 'app/node_modules/a/package.json/': '' }, b], ['pkg:npm/b@1']],
    [
      'what a layer removes it may put there again',
      [a, { 'app/.wh.node_modules': '', ...b }],
      ['pkg:npm/b@1'],
    ],
    ['a whiteout is for the layers below only', [{ 'app/.wh.node_modules': '' }, a], ['pkg:npm/a@1']],
    ['a name that begins alike stays', [a, { '.wh.ap': '', 'app/node_modules/.wh.': '' }], ['pkg:npm/a@1']],
    [
      'what is written through a link of a lower layer',
      [
        { lib: { to: 'usr/lib' }, 'usr/lib/apk/db/installed': installed },
        { 'lib/apk/db/installed': installed.replace('musl', 'zlib') },
      ],
      ['pkg:apk/alpine/zlib@1.2.5-r0?arch=x86_64'],
    ],
    [
      'what is removed through a link of a lower layer',
      [{ lib: { to: '/usr/../usr/lib' }, 'usr/lib/apk/db/installed': installed }, { 'lib/apk/.wh.db': '' }],
      [],
    ],
    [
      'a second name of a file that is removed',
      [
        { ...a, 'app/copy/node_modules/a/package.json': { same: 'app/node_modules/a/package.json' } },
        { 'app/.wh.node_modules': '' },
      ],
      ['pkg:npm/a@1'],
    ],
  ])('%s', async (_, layers, expected) => {
    const image = await imageOf(...layers);
    expect(purls(image)).toEqual(expected);
    expect(image.warnings).toEqual([]);
  });

  test('links in circles lead nowhere, and nothing hangs', async () => {
    const image = await imageOf(
      { x: { to: 'y' }, y: { to: 'x' }, 'var/lib/rpm': { to: 'rpm' } },
      { 'x/node_modules/a/package.json': json('a') },
    );
    expect(purls(image)).toEqual(['pkg:npm/a@1']);
    expect(image.warnings.map(({ message }) => message)).toEqual([
      '/var/lib/rpm is a link to where packages are not looked for.',
    ]);
  });
});

test('a file of two names tells of its packages once', async () => {
  const path = 'app/node_modules/a/package.json';
  const { packages } = await imageOf({ [path]: json('a'), 'a/node_modules/a/package.json': { same: path } });
  expect(packages.map((each) => each.path)).toEqual(['a/node_modules/a/package.json']);
});

describe('a package depends on', () => {
  async function dependencies(...layers: LayerMembers[]): Promise<Record<string, string[]>> {
    const { packages } = await imageOf(...layers);
    const names = new Map(packages.map(({ id, name, path }) => [id, `${name} ${path}`]));
    return Object.fromEntries(
      packages.map(({ name, dependsOn }) => [name, dependsOn.map((id) => names.get(id) ?? 'nothing')]),
    );
  }

  test('what is there of the alternatives of Debian, in whichever file', async () => {
    const paragraph = (name: string, more: string): string => `Package: ${name}\nVersion: 1\n${more}\n`;
    const folder = 'var/lib/dpkg/status.d';
    expect(
      await dependencies(
        { [`${folder}/a`]: paragraph('a', 'Depends: gone | mta, a, c, nobody') },
        { [`${folder}/b`]: paragraph('b', 'Provides: mta'), [`${folder}/c`]: paragraph('c', '') },
      ),
    ).toEqual({ a: [`b ${folder}/b`, `c ${folder}/c`], b: [], c: [] });
  });

  test('the nearest of npm', async () => {
    expect(
      await dependencies({
        'app/node_modules/a/package.json': json('a', { b: '1', c: '1' }),
        'app/node_modules/a/node_modules/b/package.json': json('b'),
        'app/node_modules/b/package.json': json('b', { c: '1' }),
        'app/node_modules/c/package.json': json('c'),
        'other/node_modules/c/package.json': json('c', { b: '1' }),
      }),
    ).toMatchObject({
      a: ['b app/node_modules/a/node_modules/b/package.json', 'c app/node_modules/c/package.json'],
      c: [],
    });
  });

  test('what npm has in any folder above, up to more than anybody nests', async () => {
    const inside = (depth: number): string => `${'node_modules/x/'.repeat(depth)}node_modules/a/package.json`;
    const of = async (depth: number): Promise<string[] | undefined> => {
      const { a } = await dependencies({
        'node_modules/b/package.json': json('b'),
        [inside(depth)]: json('a', { b: '1' }),
      });
      return a;
    };
    expect(await of(29)).toEqual(['b node_modules/b/package.json']);
    // Thousands of names, each looked for in each of hundreds of folders, would take hours.
    expect(await of(100)).toEqual([]);
  });

  test('what lies in the same folder of Python, by any way to write its name', async () => {
    const one = 'usr/lib/python3/dist-packages';
    expect(
      await dependencies({
        [`${one}/a-1.dist-info/METADATA`]: metadata(
          'a',
          'Requires-Dist: Zope.Interface>=1\nRequires-Dist: c\n',
        ),
        [`${one}/zope_interface-1.egg-info`]: metadata('zope_interface'),
        'opt/venv/c-1.dist-info/METADATA': metadata('c'),
      }),
    ).toEqual({ a: [`zope_interface ${one}/zope_interface-1.egg-info`], c: [], zope_interface: [] });
  });
});

describe('licences of Debian packages', () => {
  const copyright = (licence: string): string =>
    `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: ${licence}\n`;

  test('are those of the copyright file, through a link, too', async () => {
    const { packages } = await imageOf({
      'var/lib/dpkg/status': ['a', 'b', 'c'].map((name) => `Package: ${name}\nVersion: 1\n`).join('\n'),
      'usr/share/doc/a/copyright': copyright('MIT'),
      'usr/share/doc/b': { to: 'a' },
      'usr/share/doc/c/copyright': 'Anybody may do anything.\n',
    });
    expect(packages.map(({ licences }) => licences)).toEqual([['MIT'], ['MIT'], []]);
  });
});

describe('warnings', () => {
  test('name the file and its layer', async () => {
    const layer = await scannedLayer({ 'var/lib/rpm/Packages': 'x' });
    expect(mergeFindings([layer]).warnings).toEqual([
      {
        code: 'PACKAGES_UNREAD',
        message: `/var/lib/rpm/Packages of layer ${layer.digest} is no database of rpm that is known.`,
      },
    ]);
  });

  test('are not given for what a layer above takes away', async () => {
    const { warnings } = await imageOf({ 'var/lib/rpm/Packages': 'x' }, { 'var/lib/.wh.rpm': '' });
    expect(warnings).toEqual([]);
  });

  test('do not steer a terminal', async () => {
    const { warnings } = await imageOf({ 'a\u001B[2J\u202E/node_modules/b/package.json': '{' });
    expect(warnings[0]?.message).toMatch(/^\/a \[2J \/node_modules\/b\/package\.json of layer /);
  });

  test('are told of up to a number', async () => {
    const members = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`node_modules/p${index}/package.json`, '{']),
    );
    const { warnings } = await imageOf(members);
    expect(warnings).toHaveLength(201);
    expect(warnings.at(-1)?.message).toBe('100 more files cannot be read.');
  });

  test('tell of a database that was put where nobody looks', async () => {
    const known = { 'var/lib/rpm': { to: '../../usr/lib/sysimage/rpm' }, lib: { to: 'usr/lib' } };
    expect((await imageOf(known)).warnings).toEqual([]);
    const elsewhere = { 'var/lib/rpm': { to: '/opt/rpm' }, 'var/lib/dpkg/status': { to: '/opt/status' } };
    expect((await imageOf(elsewhere)).warnings.map(({ message }) => message)).toEqual([
      '/var/lib/dpkg/status is a link to where packages are not looked for.',
      '/var/lib/rpm is a link to where packages are not looked for.',
    ]);
  });
});

test('the same layers give the same, whatever order their files have', async () => {
  const members: [string, string][] = ['b', 'a', 'c'].map((name) => [
    `node_modules/${name}/package.json`,
    json(name),
  ]);
  const [first, second] = await Promise.all([
    scannedLayer(Object.fromEntries(members)),
    scannedLayer(Object.fromEntries(members.toReversed())),
  ]);
  const { digest } = first;
  expect(mergeFindings([{ ...second, digest }])).toEqual(mergeFindings([first]));
});
