import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { maximumParts, parsePartName } from '../bundle/part-name.ts';
import { tooManyParts } from '../bundle/part-output.ts';
import { partsListName } from '../bundle/parts-list.ts';
import { systemErrorCode, wordDiskError } from '../errors.ts';
import { checkOutput, notAFile, outputTaken } from './check-output.ts';
import { knownParts, readListFile } from './known-parts.ts';
import type { SplitRequest } from './split-request.ts';

/** A bundle that is going to be written in parts. */
interface PlannedParts {
  readonly path: string;
  readonly split: SplitRequest;
  /** The bundle is not larger, in bytes. */
  readonly expectedSize: number;
}

/**
 * Makes sure that writing a bundle in parts destroys nothing but an older bundle: files with the names of parts must be in the older
 * list, and a file with the bundle's own name must be a bundle. It is removed in the end, since every command would take it before parts.
 *
 * @throws PaletteEdgeError of kind usage: `NOT_A_FILE`, `OUTPUT_TAKEN`, `TOO_MANY_PARTS`; `DISK_…` for what cannot be looked at
 */
export async function checkPartsOutput({ path, split, expectedSize }: PlannedParts): Promise<void> {
  if (Math.ceil(expectedSize / split.partSize) > maximumParts) throw tooManyParts(split.partSize);
  const folder = dirname(path);
  await checkOutput(path);
  // It would have to be removed, or what it leads to: neither is what its owner expects.
  await requireRegular(path);
  await requireListOrNothing(join(folder, partsListName(basename(path))));
  const { files } = await knownParts(path);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (parsePartName(name)?.bundle !== basename(path)) continue;
    const place = join(folder, name);
    await requireRegular(place);
    if (!files.has(name)) throw outputTaken(`writing the bundle to ${place}`, 'in no parts list of a bundle');
  }
}

async function requireListOrNothing(place: string): Promise<void> {
  const size = await requireRegular(place);
  if (size === undefined || size === 0 || (await readListFile(place)) !== undefined) return;
  throw outputTaken(`writing the bundle to ${place}`, 'no parts list');
}

/** A link would be replaced, and what it leads to would stay. */
async function requireRegular(place: string): Promise<number | undefined> {
  const status = await statusOf(place);
  if (status === undefined || status.isFile()) return status?.size;
  throw notAFile(`writing the bundle to ${place}`, 'it is not a regular file');
}

async function statusOf(place: string): Promise<Stats | undefined> {
  try {
    return await lstat(place);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw wordDiskError(error, `writing the bundle to ${place}`);
  }
}
