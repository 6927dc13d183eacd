import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { makeFolder } from './make-folder.ts';

/** A writer may wait for hours for what it writes. One that was silent for so long is gone. */
const staleAfterMs = 24 * 60 * 60 * 1000;

/** How a file is written. */
interface AtomicFileOptions {
  /** Permissions of the file, of which the process may take some away. */
  readonly mode?: number | undefined;
  /** Done when the file is complete and on the disk, right before it gets its name: the older one, if any, is going to be replaced. */
  readonly beforeNamed?: () => Promise<void>;
}

/**
 * Writes a file beside its final name and renames it when complete: the name never stands for half a file.
 *
 * The parent folder is made. On any failure the half-written file is removed and the old one, if any, is still there.
 *
 * @param write is told the name beside, too, for programs that write by themselves
 * @returns what `write` returned
 */
export async function writeFileAtomically<T>(
  path: string,
  write: (file: FileHandle, beside: string) => Promise<T>,
  { mode = 0o666, beforeNamed }: AtomicFileOptions = {},
): Promise<T> {
  await makeFolder(dirname(path));
  const beside = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    const file = await open(beside, 'wx', mode);
    let result: T;
    try {
      result = await write(file, beside);
      await file.datasync();
    } finally {
      await file.close();
    }
    await beforeNamed?.();
    await rename(beside, path);
    return result;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** What counts as left behind. */
interface StaleOptions {
  /** The user whose it must be; anybody's when undefined. */
  readonly owner?: number;
  /** Whether files in folders are written to: a folder does not change then. */
  readonly looksInside?: boolean;
}

/**
 * Removes what killed processes left of {@link writeFileAtomically} for this path, and folders that are called like it, not what may
 * still be written.
 *
 * @param olderThanMs what is younger may be another process'
 */
export async function removeStalePartials(
  path: string,
  olderThanMs = staleAfterMs,
  options: StaleOptions = {},
): Promise<void> {
  const prefix = `${basename(path)}.`;
  await removeStale(dirname(path), (name) => isPartialOf(name, prefix), { ...options, olderThanMs });
}

/** As {@link removeStalePartials}, for what was made inside a folder, to become its content. */
export async function removeStalePartialsIn(folder: string): Promise<void> {
  await removeStale(folder, isPartialInside, { olderThanMs: staleAfterMs });
}

/**
 * As {@link removeStalePartials}, for all files of a folder that have such names.
 *
 * @param isMeant gets the name of a file that was not completed
 * @param olderThanMs as there
 */
export async function removeStalePartialsWhere(
  folder: string,
  isMeant: (name: string) => boolean,
  olderThanMs = staleAfterMs,
): Promise<void> {
  const isMeantPartial = (name: string): boolean => {
    const [, target] = /^(.+)\.[0-9a-f]{12}\.partial$/.exec(name) ?? [];
    return target !== undefined && isMeant(target);
  };
  await removeStale(folder, isMeantPartial, { olderThanMs, looksInside: true });
}

async function removeStale(
  folder: string,
  isMeant: (name: string) => boolean,
  { olderThanMs, owner, looksInside = false }: StaleOptions & { readonly olderThanMs: number },
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isMeant(name)) continue;
    const partial = join(folder, name);
    const status = await lstat(partial).catch(() => undefined);
    if (status === undefined || status.uid !== (owner ?? status.uid)) continue;
    const written = looksInside ? await lastWritten(partial, status.mtimeMs) : status.mtimeMs;
    if (Date.now() - written > olderThanMs) await rm(partial, { recursive: true, force: true });
  }
}

async function lastWritten(folder: string, changed: number): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const inside = names.map(async (name) => await lstat(join(folder, name)).catch(() => undefined));
  return Math.max(changed, ...(await Promise.all(inside)).map((status) => status?.mtimeMs ?? 0));
}

function isPartialOf(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^[0-9a-f]{12}\.partial$/.test(name.slice(prefix.length));
}

/** Whether a file or folder is one that is made inside of its folder, to become the content of that. */
export function isPartialInside(name: string): boolean {
  return isPartialOf(name, '.');
}
