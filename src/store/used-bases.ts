import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { isRecord } from '../io/is-record.ts';
import { digestHex, isDigest, toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { StoreEntry } from './list-entries.ts';
import { readSmallFile } from './read-small-file.ts';
import { onStoreDisk, writingTo } from './store-side.ts';
import { unlessMissing } from './unless-missing.ts';

/** A bundle that delta bundles are made against. */
export interface NotedBase {
  readonly name: string;
  /** Of the plain bundle. */
  readonly id: string;
  /** Of the bytes of its inventory. */
  readonly inventory: Digest;
  /** All blobs that it needs, whether they are in the store or not. */
  readonly digests: ReadonlySet<Digest>;
}

/** One that a build used. */
export interface UsedBase extends NotedBase {
  readonly path: string;
  /** When a build last used it: milliseconds since 1970. */
  readonly used: number;
}

/** A million blobs: no bundle has as many. */
const longestRecord = 65 * 1024 * 1024;
const recordVersion = 1;
const namePattern = /^([0-9a-f]{64})\.base$/;
/** A store that may only be read remembers nothing. */
const readOnlyCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * Remembers that a build uses a base now: that is a use of its blobs (docs/store-format.md, "Bases").
 *
 * @throws PaletteEdgeError kind disk when it cannot be written, unless the store may only be read
 */
export async function noteBase(folder: string, { name, id, inventory, digests }: NotedBase): Promise<void> {
  const path = join(baseFolder(folder), `${digestHex(inventory)}.base`);
  const head = JSON.stringify({ version: recordVersion, name, id });
  const lines = [head, ...[...digests].map(digestHex).toSorted(), ''];
  await onStoreDisk(writingTo(folder), async () => {
    try {
      await writeFileAtomically(path, async (file) => await file.writeFile(lines.join('\n')));
    } catch (error) {
      if (!readOnlyCodes.has(systemErrorCode(error) ?? '')) throw error;
    }
  });
}

/**
 * The bases that builds used, the most recently used first. What cannot be understood, as it is of another version, is passed over.
 *
 * @throws the system's errors
 */
export async function listBases(folder: string): Promise<UsedBase[]> {
  const names = (await unlessMissing(readdir(baseFolder(folder)))) ?? [];
  const bases: UsedBase[] = [];
  for (const name of names.filter((each) => namePattern.test(each)).toSorted()) {
    const base = await readBase(join(baseFolder(folder), name));
    if (base !== undefined) bases.push(base);
  }
  return bases.toSorted((one, other) => other.used - one.used);
}

/** Forgets a base. */
export async function forgetBase({ path }: Pick<UsedBase, 'path'>): Promise<void> {
  await rm(path, { force: true });
}

/** What is in a store, with the use of a base as a use of its blobs. */
export function withBaseUses(
  entries: readonly StoreEntry[],
  bases: readonly Pick<UsedBase, 'digests' | 'used'>[],
): StoreEntry[] {
  return entries.map((entry) => {
    const uses = bases.filter(({ digests }) => digests.has(entry.digest)).map(({ used }) => used);
    return { ...entry, used: Math.max(entry.used, ...uses) };
  });
}

function baseFolder(folder: string): string {
  return join(folder, 'bases');
}

async function readBase(path: string): Promise<UsedBase | undefined> {
  const status = await unlessMissing(stat(path));
  const text = status?.isFile() === true ? await readSmallFile(path, longestRecord) : undefined;
  if (status === undefined || text === undefined) return undefined;
  const [head = '', ...lines] = text.split('\n');
  const { version, name, id } = parseHead(head);
  if (version !== recordVersion || typeof name !== 'string' || typeof id !== 'string') return undefined;
  const digests = lines.map((line) => `sha256:${line}`).filter(isDigest);
  const inventory = toDigest(basename(path, '.base'));
  return { name, id, inventory, digests: new Set(digests), path, used: status.mtimeMs };
}

function parseHead(line: string): Readonly<Record<string, unknown>> {
  try {
    const head: unknown = JSON.parse(line);
    return isRecord(head) ? head : {};
  } catch {
    return {};
  }
}
