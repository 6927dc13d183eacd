import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { goElf } from '../support/go-elf.ts';
import {
  databaseFile,
  headersOf,
  makeRpmDatabase,
  ndbDatabase,
  writeBerkeleyDatabase,
} from '../support/rpm-databases.ts';

/** A file that tells of packages, and the path at which it does. */
export interface PackageFileSample {
  readonly path: string;
  readonly bytes: Buffer;
}

/** One of each kind: databases that rpm and libdb wrote, programs, and texts. */
export function packageFileSamples(): readonly PackageFileSample[] {
  const folder = mkdtempSync(join(tmpdir(), 'palette-edge-test-'));
  try {
    const database = makeRpmDatabase(folder);
    const headers = headersOf(database).slice(0, 5);
    const options = { pageSize: 512, isBigEndian: false };
    const berkeley = databaseFile(writeBerkeleyDatabase(join(folder, 'berkeley'), headers, options));
    return [
      { path: 'var/lib/rpm/rpmdb.sqlite', bytes: databaseFile(database) },
      { path: 'var/lib/rpm/Packages', bytes: berkeley },
      { path: 'var/lib/rpm/Packages.db', bytes: ndbDatabase(headers) },
      { path: 'usr/bin/new', bytes: goElf({ modules }) },
      { path: 'usr/bin/old', bytes: goElf({ modules, inline: 0, hasPointers: true }) },
      ...texts.map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const modules = 'path\ta.b/c\nmod\ta.b/c\tv1.0.0\t\ndep\td.e/f\tv1\th1:x=\n=>\tg.h/i\tv2\th1:y=\n';

const texts: readonly (readonly [path: string, text: string])[] = [
  [
    'var/lib/dpkg/status',
    'Package: a\nStatus: install ok installed\nSource: b (2)\nVersion: 1\nDepends: b | c (>= 1),\n d\n\nPackage: b\nVersion: 2\nProvides: d\n',
  ],
  ['lib/apk/db/installed', 'P:a\nV:1\nL:MIT\nD:so:b.so.1 !c\n\nP:b\nV:2\no:c\np:so:b.so.1=1 cmd:b=2\n'],
  ['etc/os-release', 'ID=alpine\nVERSION_ID="3.20"\nPRETTY_NAME=\'Alpine\'\n'],
  [
    'a/node_modules/@b/c/package.json',
    '{"name":"@b/c","version":"1","license":{"type":"MIT"},"dependencies":{"d":"1"}}',
  ],
  [
    'usr/lib/python3/a-1.dist-info/METADATA',
    'Name: a\nVersion: 1\nClassifier: License :: OSI Approved :: MIT License\nRequires-Dist: b (>1) ; extra == "c"\n\ntext\n',
  ],
  [
    'usr/share/doc/a/copyright',
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: MIT\n text\n',
  ],
];
