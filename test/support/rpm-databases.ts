import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { requireTool } from './required-tools.ts';

/** More packages than one page of a database holds, so that there are pages of all kinds. */
const parts = 40;
/** More names than fit in a page. */
const features = Array.from({ length: 600 }, (_, index) => `feature-${index}`);

const spec = `
Name: tiny
Version: 1.2.3
Release: 4
Epoch: 2
Summary: A tiny package
License: Apache-2.0 AND MIT
URL: https://example.com/tiny
Vendor: Example & Co
BuildArch: noarch
Requires: tiny-part1 >= 1
Provides: ${features.join(' ')}
%description
Nothing.
%files
${Array.from({ length: parts }, (_, index) => partOf(index)).join('\n')}
`;

function partOf(index: number): string {
  return `
%package part${index}
Summary: A part
Version: 0.${index}~rc1
Epoch: 0
License: MIT
Requires: feature-${index}
%description part${index}
Nothing.
%files part${index}`;
}

/** A database that rpm wrote with sqlite, of some packages that rpmbuild made. In it are one main package and forty parts of it. */
export function makeRpmDatabase(folder: string): string {
  const file = join(folder, 'tiny.spec');
  const database = join(folder, 'sqlite');
  writeFileSync(file, spec);
  mkdirSync(database);
  run('rpmbuild', ['-bb', '--quiet', '--define', `_topdir ${folder}/top`, file]);
  const built = join(folder, 'top', 'RPMS', 'noarch');
  const packages = readdirSync(built).map((name) => join(built, name));
  run('rpm', ['--dbpath', database, '-D', '_db_backend sqlite', '--initdb']);
  const install = ['-i', '--justdb', '--nodeps', '--ignorearch', '--noscripts', '--force-debian'];
  run('rpm', ['--dbpath', database, '-D', '_db_backend sqlite', ...install, ...packages]);
  return database;
}

/** What rpm says is in a database: `NAME EPOCH:VERSION-RELEASE ARCHITECTURE LICENCE`, sorted. */
export function listRpms(database: string): string[] {
  const format = String.raw`%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{ARCH} %{LICENSE}\n`;
  return run('rpm', ['--dbpath', database, '-qa', '--qf', format]).trim().split('\n').toSorted();
}

/** Headers of all packages of a database of sqlite, as SQLite itself reads them. */
export function headersOf(database: string): Buffer[] {
  const sqlite = new DatabaseSync(join(database, 'rpmdb.sqlite'), { readOnly: true });
  try {
    const rows = sqlite.prepare('select blob from Packages order by hnum').all();
    return rows.flatMap(({ blob }) => (blob instanceof Uint8Array ? [Buffer.from(blob)] : []));
  } finally {
    sqlite.close();
  }
}

/** How a database of Berkeley DB is written. */
export interface BerkeleyOptions {
  readonly pageSize: number;
  readonly isBigEndian: boolean;
}

/** The same headers in a hash of Berkeley DB, as rpm wrote it up to 4.16: by number, and the highest number under number 0. */
export function writeBerkeleyDatabase(
  folder: string,
  headers: readonly Uint8Array[],
  { pageSize, isBigEndian }: BerkeleyOptions,
): string {
  const number = (value: number): string => {
    const bytes = Buffer.alloc(4);
    if (isBigEndian) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes.toString('hex');
  };
  const pairs = [
    [number(0), number(headers.length)],
    ...headers.map((header, index) => [number(index + 1), Buffer.from(header).toString('hex')]),
  ];
  const order = `db_lorder=${isBigEndian ? 4321 : 1234}`;
  const head = ['VERSION=3', 'format=bytevalue', 'type=hash', order, `db_pagesize=${pageSize}`, 'HEADER=END'];
  const dump = [...head, ...pairs.flat().map((hex) => ` ${hex}`), 'DATA=END', ''].join('\n');
  mkdirSync(folder);
  run('db5.3_load', ['-h', folder, 'Packages'], dump);
  return folder;
}

/** The same headers in rpm's own database (rpm, lib/backend/ndb/rpmpkg.c), which Debian's rpm does not write: one page of slots. */
export function ndbDatabase(headers: readonly Uint8Array[]): Buffer {
  const slots = Buffer.alloc(4096);
  slots.write('RpmP', 'latin1');
  slots.writeUInt32LE(1, 12);
  const blobs: Buffer[] = [];
  let block = slots.length / 16;
  for (let slot = 2; slot < 256; slot += 1) {
    slots.write('Slot', slot * 16, 'latin1');
    const header = headers.at(slot - 2);
    if (header === undefined) continue;
    const blob = Buffer.alloc(Math.ceil((16 + header.length + 12) / 16) * 16);
    blob.write('BlbS', 'latin1');
    blob.writeUInt32LE(slot - 1, 4);
    blob.writeUInt32LE(header.length, 12);
    blob.set(header, 16);
    slots.writeUInt32LE(slot - 1, slot * 16 + 4);
    slots.writeUInt32LE(block, slot * 16 + 8);
    slots.writeUInt32LE(blob.length / 16, slot * 16 + 12);
    block += blob.length / 16;
    blobs.push(blob);
  }
  return Buffer.concat([slots, ...blobs]);
}

/** A file of a database. */
export function databaseFile(database: string): Buffer {
  const name = readdirSync(database).find((each) => each === 'rpmdb.sqlite' || each === 'Packages') ?? '';
  return readFileSync(join(database, name));
}

function run(tool: string, args: readonly string[], input = ''): string {
  return execFileSync(requireTool(tool), args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}
