import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import type { Finding } from '../../../src/report/packages/found-package.ts';
import { readRpmDatabase } from '../../../src/report/packages/read-rpm-database.ts';
import {
  databaseFile,
  headersOf,
  listRpms,
  makeRpmDatabase,
  ndbDatabase,
  writeBerkeleyDatabase,
} from '../../support/rpm-databases.ts';

const folder = mkdtempSync(join(tmpdir(), 'palette-edge-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const database = makeRpmDatabase(folder);
const sqlite = databaseFile(database);
const headers = headersOf(database);
const first = headers.slice(0, 1);
const listed = listRpms(database);

test('the database has more than fits in a page', () => {
  expect(listed).toHaveLength(41);
  expect(listed).toContain('tiny 2:1.2.3-4 noarch Apache-2.0 AND MIT');
  expect(Math.max(...headers.map(({ length }) => length))).toBeGreaterThan(4096);
});

describe('has the packages that rpm lists', () => {
  test('of sqlite', () => {
    expect(linesOf(readRpmDatabase(sqlite))).toEqual(listed);
  });

  test.each([
    { pageSize: 512, isBigEndian: false },
    { pageSize: 4096, isBigEndian: false },
    { pageSize: 65_536, isBigEndian: false },
    { pageSize: 4096, isBigEndian: true },
  ])('of Berkeley DB with pages of $pageSize bytes, big endian: $isBigEndian', (options) => {
    const name = join(folder, `berkeley-${options.pageSize}-${options.isBigEndian}`);
    const file = databaseFile(writeBerkeleyDatabase(name, headers, options));
    expect(linesOf(readRpmDatabase(file))).toEqual(listed);
  });

  test('of Berkeley DB, which rpm itself lists, too', () => {
    const name = writeBerkeleyDatabase(join(folder, 'berkeley'), headers, {
      pageSize: 4096,
      isBigEndian: false,
    });
    expect(listRpms(name)).toEqual(listed);
    expect(linesOf(readRpmDatabase(databaseFile(name)))).toEqual(listed);
  });

  test('of ndb', () => {
    expect(linesOf(readRpmDatabase(ndbDatabase(headers)))).toEqual(listed);
  });
});

test('a package has what its header says', () => {
  const { packages } = readRpmDatabase(sqlite);
  const tiny = packages.find(({ name }) => name === 'tiny');
  expect(tiny).toMatchObject({
    type: 'rpm',
    version: '2:1.2.3-4',
    architecture: 'noarch',
    licences: ['Apache-2.0 AND MIT'],
    supplier: 'Example & Co',
    homepage: 'https://example.com/tiny',
    upstream: 'tiny-1.2.3-4.src.rpm',
  });
  expect(tiny?.provides).toContain('feature-599');
  expect(tiny?.requires).toEqual([['tiny-part1']]);
});

test('public keys are no packages', () => {
  const key = headerOf({ 1000: 'gpg-pubkey', 1001: '1', 1002: '2' });
  const other = headerOf({ 1000: 'bash', 1001: '5.2', 1002: '1' });
  const { packages, problems } = readRpmDatabase(ndbDatabase([key, other]));
  expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual(['bash 5.2-1']);
  expect(problems).toEqual([]);
});

describe('what cannot be read is told, and the rest is read', () => {
  test('a package without a name', () => {
    const { packages, problems } = readRpmDatabase(ndbDatabase([headerOf({ 1001: '1' }), ...first]));
    expect(packages).toHaveLength(1);
    expect(problems).toEqual(['has a package that has no name or version']);
  });

  test('a header that says it is longer than it is', () => {
    const lie = Buffer.from(headers[1] ?? '');
    lie.writeUInt32BE(0xff_ff_ff, 4);
    const { packages, problems } = readRpmDatabase(ndbDatabase([...first, lie]));
    expect(packages).toHaveLength(1);
    expect(problems).toEqual(['has a package that has a header that is cut off']);
  });

  test('many of them, by number', () => {
    const broken = Array.from({ length: 20 }, () => Buffer.alloc(16));
    expect(readRpmDatabase(ndbDatabase(broken)).problems).toEqual([
      ...Array.from({ length: 5 }, () => 'has a package that has no name or version'),
      'has 15 more packages that cannot be read',
    ]);
  });

  test('a database of sqlite that is cut off', () => {
    const { packages, problems } = readRpmDatabase(sqlite.subarray(0, 4096 * 12));
    expect(packages.length).toBeLessThan(41);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^(?:is|has a row that is) cut off$/);
  });

  test('a database of sqlite without packages', () => {
    const other = Buffer.from(sqlite);
    for (let at = other.indexOf('Packages'); at !== -1; at = other.indexOf('Packages', at)) other[at] = 0x58;
    expect(readRpmDatabase(other).problems).toEqual(['has no table of the name Packages']);
  });

  test('an ndb whose packages overlap', () => {
    const bytes = ndbDatabase(first);
    for (let slot = 3; slot < 256; slot += 1) bytes.copy(bytes, slot * 16, 32, 48);
    expect(readRpmDatabase(bytes).problems).toEqual(['has packages that overlap']);
  });

  test('a Berkeley DB whose pages lead in circles', () => {
    const name = join(folder, 'circles');
    const file = databaseFile(writeBerkeleyDatabase(name, headers, { pageSize: 512, isBigEndian: false }));
    for (let page = 512; page < file.length; page += 512)
      if (file[page + 25] === 7) file.writeUInt32LE(page / 512, page + 16);
    expect(readRpmDatabase(file).packages.length).toBeLessThan(42);
  });

  test('something else', () => {
    expect(() => readRpmDatabase(Buffer.alloc(8192))).toThrow('is no database of rpm that is known');
    expect(() => readRpmDatabase(Buffer.alloc(0))).toThrow('is no database of rpm that is known');
  });
});

function linesOf({ packages, problems }: Finding): string[] {
  expect(problems).toEqual([]);
  return packages
    .map(({ name, version, architecture, licences }) => [name, version, architecture, ...licences].join(' '))
    .toSorted();
}

/** A header of rpm with texts by tag. */
function headerOf(texts: Readonly<Record<number, string>>): Buffer {
  const entries = Object.entries(texts);
  const index = Buffer.alloc(8 + entries.length * 16);
  let data = Buffer.alloc(0);
  for (const [place, [tag, text]] of entries.entries()) {
    const at = 8 + place * 16;
    for (const [field, value] of [Number(tag), 6, data.length, 1].entries())
      index.writeUInt32BE(value, at + field * 4);
    data = Buffer.concat([data, Buffer.from(`${text}\0`)]);
  }
  index.writeUInt32BE(entries.length, 0);
  index.writeUInt32BE(data.length, 4);
  return Buffer.concat([index, data]);
}
