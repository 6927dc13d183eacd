import { describe, expect, test } from 'vitest';

import { scanLayer } from '../../../src/report/packages/scan-layer.ts';
import { layerTar, scannedLayer } from '../../support/layer-tar.ts';
import type { LayerMembers } from '../../support/layer-tar.ts';
import { onePiece } from '../../../src/oci/one-piece.ts';

const { signal } = new AbortController();
const status = 'Package: a\nVersion: 1\n';

async function scan(members: LayerMembers) {
  return (await scannedLayer(members)).findings;
}

describe('a database is found', () => {
  test.each([
    ['var/lib/dpkg/status', status],
    ['var/lib/dpkg/status.d/tzdata', status],
    ['lib/apk/db/installed', 'P:a\nV:1\n'],
    ['usr/lib/apk/db/installed', 'P:a\nV:1\n'],
    ['app/node_modules/a/package.json', '{"name":"a","version":"1"}'],
    ['app/node_modules/@b/a/package.json', '{"name":"a","version":"1"}'],
    ['app/node_modules/b/node_modules/a/package.json', '{"name":"a","version":"1"}'],
    ['usr/lib/python3/dist-packages/a-1.dist-info/METADATA', 'Name: a\nVersion: 1\n'],
    ['usr/lib/python3/dist-packages/a-1.egg-info/PKG-INFO', 'Name: a\nVersion: 1\n'],
    ['usr/lib/python3/dist-packages/a-1.egg-info', 'Name: a\nVersion: 1\n'],
  ])('at %s', async (path, content) => {
    for (const written of [path, `./${path}`, `/${path}`, `x/../${path}`, `../../${path}`]) {
      const { found, problems } = await scan({ [written]: content });
      expect([...found.keys()]).toEqual([path]);
      expect([...found.values()].flatMap(({ packages }) => packages)).toMatchObject([
        { name: 'a', version: '1' },
      ]);
      expect(problems).toEqual([]);
    }
  });

  test.each([
    'mnt/root/var/lib/dpkg/status',
    'var/lib/dpkg/status-old',
    'var/lib/dpkg/status.d/tzdata.md5sums',
    'app/package.json',
    'app/node_modules/a/lib/package.json',
    'usr/share/doc/METADATA',
  ])('but not at %s', async (path) => {
    expect((await scan({ [path]: status })).found.size).toBe(0);
  });
});

describe('what a layer does to those below it is told', () => {
  test('whiteouts, opaque folders, links, files', async () => {
    const { removed, opaque, links, files, folders } = await scan({
      'etc/': '',
      'etc/.wh.passwd': '',
      'var/lib/.wh..wh..opq': '',
      '.wh.opt': '',
      '.wh..wh.plnk': '',
      lib: { to: 'usr/lib' },
      'usr/bin/sh': 'x',
      './usr/bin/bash': { same: 'usr/bin/sh' },
    });
    expect([...removed]).toEqual(['etc/passwd', 'opt']);
    expect([...opaque]).toEqual(['var/lib']);
    expect([...links]).toEqual([['lib', 'usr/lib']]);
    for (const path of ['lib', 'usr/bin/sh', 'usr/bin/bash']) expect(files.has(path)).toBe(true);
    for (const path of ['etc', 'usr/bin', 'etc/.wh.passwd']) expect(files.has(path)).toBe(false);
    expect(folders.has('etc')).toBe(true);
  });

  test.each(['etc/.wh...', 'etc/.wh..', 'etc/.wh.'])('the whiteout %s takes nothing away', async (path) => {
    expect([...(await scan({ [path]: '' })).removed]).toEqual([]);
  });
});

test('of two files of one path the last counts', async () => {
  const [first, second] = await Promise.all([
    layerTar({ 'var/lib/dpkg/status': status }),
    layerTar({ 'var/lib/dpkg/status': 'Package: b\nVersion: 1\n' }),
  ]);
  // Without the blocks that end it.
  const tar = Buffer.concat([first.subarray(0, 1024), second]);
  const { found } = await scanLayer(onePiece(tar), signal);
  expect(found.get('var/lib/dpkg/status')?.packages).toMatchObject([{ name: 'b' }]);
});

test('a hard link tells what the file tells', async () => {
  const { found } = await scan({
    'app/node_modules/a/package.json': '{"name":"a","version":"1"}',
    'app/copy': { same: 'app/node_modules/a/package.json' },
  });
  expect(found.get('app/copy')).toBe(found.get('app/node_modules/a/package.json'));
  expect(found.size).toBe(2);
});

describe('what cannot be read is told', () => {
  test.each<[what: string, members: LayerMembers, problem: RegExp]>([
    ['a database that is none', { 'var/lib/rpm/Packages': 'x' }, /^is no database of rpm that is known$/],
    [
      'a damaged one',
      { 'var/lib/rpm/rpmdb.sqlite': `SQLite format 3\0${'\xff'.repeat(200)}` },
      /^has pages of \d+ bytes/,
    ],
    [
      'changes that are not in a database yet',
      { 'var/lib/rpm/rpmdb.sqlite-wal': 'x' },
      /^has changes of the database beside it, and is not read$/,
    ],
    ['a document that is none', { 'a/node_modules/b/package.json': '{' }, /^is no JSON object$/],
    [
      'a document that is too large',
      { 'a/node_modules/b/package.json': ' '.repeat(4 * 1024 * 1024 + 1) },
      /^has 4194305 bytes; at most 4194304 are read$/,
    ],
    [
      'a database that is a hard link to a file that is not read',
      { data: 'x', 'var/lib/rpm/Packages.db': { same: 'data' } },
      /^is a hard link to "data", which is not read$/,
    ],
  ])('%s', async (_, members, problem) => {
    const { found } = await scan(members);
    expect([...found.values()].flatMap(({ problems }) => problems)).toEqual([expect.stringMatching(problem)]);
  });

  test('a tar that is damaged, and what came before is kept', async () => {
    const tar = await layerTar({ 'var/lib/dpkg/status': status, 'etc/x': 'y' });
    tar.write('damage', 1024);
    const { found, problems } = await scanLayer(onePiece(tar), signal);
    expect(found.size).toBe(1);
    expect(problems).toEqual(['is a damaged tar: it has a damaged header. What comes behind is not listed']);
  });

  test('a tar that is cut off in a database', async () => {
    const tar = (await layerTar({ 'var/lib/dpkg/status': status })).subarray(0, 520);
    const { found, problems } = await scanLayer(onePiece(tar), signal);
    expect(found.size).toBe(0);
    expect(problems).toEqual(['is a damaged tar: it is cut off. What comes behind is not listed']);
  });

  test('paths that no file can have', async () => {
    const { links, problems } = await scan({
      [`${'a/'.repeat(2100)}b`]: 'x',
      [`${'a/'.repeat(256)}b`]: 'x',
      link: { to: 'x'.repeat(5000) },
    });
    expect(links.size).toBe(0);
    expect(problems).toEqual(['has 3 paths of more than 4096 characters or 256 folders; they are not read']);
  });
});

test('files that are made to fill memory with what packages depend on are listed up to a number', async () => {
  const depends = `Depends: ${Array.from({ length: 4 }, () => 'a,'.repeat(100_000)).join('\n ')}`;
  const files = Array.from({ length: 6 }, (_, index): [string, string] => [
    `var/lib/dpkg/status.d/${index}`,
    `Package: p${index}\nVersion: 1\n${depends}\n`,
  ]);
  const { found, problems } = await scan(Object.fromEntries(files));
  expect(found.size).toBe(5);
  expect(problems).toEqual(['has packages with more than 2000000 dependencies; the others are not listed']);
});

test('what reading the layer throws is thrown, and an abort ends it', async () => {
  async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
    yield await layerTar({ 'etc/x': 'y' });
    throw new Error('the disk is gone');
  }
  await expect(scanLayer(failing(), signal)).rejects.toThrow('the disk is gone');
  const aborted = AbortSignal.abort(new Error('enough'));
  await expect(scanLayer(onePiece(await layerTar({ 'etc/x': 'y' })), aborted)).rejects.toThrow('enough');
});
