import { constants } from 'node:fs';
import { lstat, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { parsePartName } from '../bundle/part-name.ts';
import { maximumListSize, parsePartsList, partsListName } from '../bundle/parts-list.ts';
import type { ListedFile, PartsList } from '../bundle/parts-list.ts';
import { PaletteEdgeError } from '../errors.ts';

/** What earlier builds to a path say that they wrote in parts. */
export interface KnownParts {
  /** Parts by name. Those of one name that two lists have differ in size, or are the same. */
  readonly files: ReadonlyMap<string, readonly ListedFile[]>;
  /** Names of lists whose build was killed while its parts got their names. */
  readonly unfinishedLists: readonly string[];
  /** Name of the list that is in force; undefined when there is none. */
  readonly list: string | undefined;
}

/**
 * Reads the parts lists beside a bundle's path: the one that is in force, and those that a killed build left. What is no list
 * is passed over.
 */
export async function knownParts(path: string): Promise<KnownParts> {
  const folder = dirname(path);
  const listName = partsListName(basename(path));
  const names = await readdir(folder).catch(() => []);
  const unfinished = names.filter(
    (name) =>
      name.startsWith(`${listName}.`) && /^[0-9a-f]{12}\.partial$/.test(name.slice(listName.length + 1)),
  );
  const files = new Map<string, ListedFile[]>();
  const lists: string[] = [];
  for (const name of [listName, ...unfinished]) {
    const list = await readListFile(join(folder, name));
    if (list !== undefined) lists.push(name);
    for (const part of list?.parts ?? []) {
      // Whatever else a list may name is nothing that a build to this path wrote.
      if (parsePartName(part.name)?.bundle !== basename(path)) continue;
      files.set(part.name, [...(files.get(part.name) ?? []), part]);
    }
  }
  return {
    files,
    unfinishedLists: lists.filter((name) => name !== listName),
    list: lists.find((name) => name === listName),
  };
}

/** Removes parts of older builds to a path: only what is as long as a list says, anything else is not what was written. */
export async function removeKnownParts(
  path: string,
  { files }: KnownParts,
  kept: ReadonlySet<string>,
): Promise<void> {
  for (const [name, listed] of files) {
    if (kept.has(name)) continue;
    const place = join(dirname(path), name);
    const status = await lstat(place).catch(() => undefined);
    if (status?.isFile() === true && listed.some(({ size }) => size === status.size))
      await rm(place, { force: true });
  }
}

/** Parts of an earlier build to the same path: one name stands for one bundle. Their lists go last, as they say which parts are ours. */
export async function removeOlderParts(path: string): Promise<void> {
  const known = await knownParts(path);
  await removeKnownParts(path, known, new Set());
  for (const name of [known.list, ...known.unfinishedLists]) {
    if (name !== undefined) await rm(join(dirname(path), name), { force: true });
  }
}

/** A parts list of our own; undefined for whatever is none, or cannot be read. */
export async function readListFile(path: string): Promise<PartsList | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, maximumListSize)), {
      position: 0,
    });
    return parsePartsList(buffer.subarray(0, bytesRead), path);
  } catch (error) {
    if (error instanceof PaletteEdgeError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}
