import { collectPackages } from './collect-packages.ts';
import { UnreadableError } from './found-package.ts';
import type { Finding, FoundPackage } from './found-package.ts';
import { berkeleyValues, isBerkeleyHash } from './berkeley-hash.ts';
import { isNdb, ndbBlobs } from './ndb-packages.ts';
import { packageOfRpmHeader } from './rpm-header.ts';
import { isSqlite, sqliteBlobs } from './sqlite-table.ts';

/** Problems of single packages that are told; of more only that there are more. */
const mostTold = 5;
/** After so many it is something else that only looks like a database. */
const mostUnreadable = 1000;

/**
 * Packages of a database of rpm, whichever of its backends wrote it: sqlite, ndb, or Berkeley DB up to rpm 4.16. All hold the same:
 * a header for each package. Public keys, which lie between them, are left out. What comes before damage is kept.
 *
 * @throws UnreadableError when it is none of them
 */
export function readRpmDatabase(bytes: Buffer): Finding {
  const problems: string[] = [];
  const found = collectPackages(packagesOf(blobsOf(bytes), problems));
  return { ...found, problems: [...problems, ...found.problems] };
}

function* packagesOf(blobs: Iterable<Buffer>, problems: string[]): Generator<FoundPackage, void, undefined> {
  let unreadable = 0;
  try {
    for (const blob of blobs) {
      const { found, problem } = readPackage(blob);
      if (found !== undefined) yield found;
      if (problem === undefined) continue;
      unreadable += 1;
      if (unreadable <= mostTold) problems.push(`has a package that ${problem}`);
      if (unreadable === mostUnreadable) throw new UnreadableError('has too much that cannot be read');
    }
  } catch (error) {
    problems.push(reasonOf(error));
  }
  if (unreadable > mostTold) problems.push(`has ${unreadable - mostTold} more packages that cannot be read`);
}

interface ReadPackage {
  readonly found?: FoundPackage | undefined;
  readonly problem?: string;
}

function readPackage(blob: Buffer): ReadPackage {
  try {
    return { found: packageOfRpmHeader(blob) };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

function blobsOf(bytes: Buffer): Iterable<Buffer> {
  if (isSqlite(bytes)) return sqliteBlobs(bytes, 'Packages');
  if (isNdb(bytes)) return ndbBlobs(bytes);
  if (isBerkeleyHash(bytes)) return berkeleyValues(bytes);
  throw new UnreadableError('is no database of rpm that is known');
}

/** @throws what is no damage of the database */
function reasonOf(error: unknown): string {
  if (error instanceof UnreadableError) return error.message;
  // Buffers throw it for positions outside of them: no reader asks before whether numbers of the file lead out of it.
  if (error instanceof RangeError) return 'is damaged: it points outside of itself';
  throw error;
}
