import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
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
  const unfinishedLists: string[] = [];
  for (const name of [listName, ...unfinished]) {
    const list = await readListFile(join(folder, name));
    if (list !== undefined && name !== listName) unfinishedLists.push(name);
    for (const part of list?.parts ?? []) {
      // Whatever else a list may name is nothing that a build to this path wrote.
      if (parsePartName(part.name)?.bundle !== basename(path)) continue;
      files.set(part.name, [...(files.get(part.name) ?? []), part]);
    }
  }
  return { files, unfinishedLists };
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
