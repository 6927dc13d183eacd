import type { Finding } from './found-package.ts';
import { readApkInstalled } from './read-apk-installed.ts';
import { readCopyright } from './read-copyright.ts';
import { readDpkgStatus } from './read-dpkg-status.ts';
import { readNpmPackage } from './read-npm-package.ts';
import { readOsRelease } from './read-os-release.ts';
import { readPythonMetadata } from './read-python-metadata.ts';
import { readRpmDatabase } from './read-rpm-database.ts';

/** A kind of file that tells of packages. */
export interface PackageFile {
  /** Bytes; of a larger one there is only a warning. */
  readonly limit: number;
  /** @throws UnreadableError or RangeError for one that is damaged */
  readonly read: (bytes: Buffer) => Finding;
}

/** Of databases, which are held in memory while they are read. The largest of an installed system have some ten MiB. */
const databaseLimit = 128 * 1024 * 1024;
const documentLimit = 4 * 1024 * 1024;

const rpmFolders = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];
const rpmNames = ['rpmdb.sqlite', 'Packages.db', 'Packages'];

const dpkg: PackageFile = { limit: databaseLimit, read: readDpkgStatus };
const apk: PackageFile = { limit: databaseLimit, read: readApkInstalled };
const rpm: PackageFile = { limit: databaseLimit, read: readRpmDatabase };
const osRelease: PackageFile = { limit: documentLimit, read: readOsRelease };
/** What SQLite has not put into its file yet. rpm leaves it empty behind itself. */
const journal: PackageFile = {
  limit: databaseLimit,
  read: ({ length }) => ({
    packages: [],
    problems: length === 0 ? [] : ['has changes of the database beside it, and is not read'],
  }),
};

/** Files by their paths: those of the root file system. What lies in a copy of another one, somewhere below, is not of this one. */
const byPath: ReadonlyMap<string, PackageFile> = new Map([
  ['var/lib/dpkg/status', dpkg],
  ['lib/apk/db/installed', apk],
  ['usr/lib/apk/db/installed', apk],
  ...rpmFolders.flatMap((folder) =>
    rpmNames.map((name): [string, PackageFile] => [`${folder}/${name}`, rpm]),
  ),
  ...rpmFolders.map((folder): [string, PackageFile] => [`${folder}/rpmdb.sqlite-wal`, journal]),
  ['etc/os-release', osRelease],
  ['usr/lib/os-release', osRelease],
]);

/** Files by patterns of their paths. */
const byPattern: readonly (readonly [pattern: RegExp, file: PackageFile])[] = [
  [/^var\/lib\/dpkg\/status\.d\/(?!.*\.md5sums$)[^/]+$/, dpkg],
  [
    /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/,
    { limit: documentLimit, read: readNpmPackage },
  ],
  [
    /(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg-info)$/,
    { limit: documentLimit, read: readPythonMetadata },
  ],
  [/^usr\/share\/doc\/[^/]+\/copyright$/, { limit: documentLimit, read: readCopyright }],
];

/** Paths at which distributions have their databases. */
export const databasePaths: readonly string[] = [...byPath]
  .filter(([, file]) => file !== osRelease && file !== journal)
  .map(([path]) => path);

/** How a file of this path is read, from the root and without a slash before it. */
export function packageFileAt(path: string): PackageFile | undefined {
  return byPath.get(path) ?? byPattern.find(([pattern]) => pattern.test(path))?.[1];
}
