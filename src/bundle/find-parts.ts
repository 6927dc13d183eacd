import { PaletteEdgeError } from '../errors.ts';
import type { FolderAccess } from '../io/folder-access.ts';
import type { PartFile } from './joined-parts.ts';
import { maximumParts, parsePartName } from './part-name.ts';
import type { PartName } from './part-name.ts';
import { bundleOfListName, maximumListSize, parsePartsList, partsListName } from './parts-list.ts';
import type { PartsList } from './parts-list.ts';

/** Parts of one bundle, in order. All are there. */
export interface FoundParts {
  /** The file name that they are joined to. */
  readonly bundle: string;
  /** Undefined when the parts lie there without one. */
  readonly list: PartsList | undefined;
  /** The name of the list's file. */
  readonly listName: string | undefined;
  readonly parts: readonly PartFile[];
}

const mostTold = 10;

/**
 * Finds the parts that a name in a folder stands for: the name of their list, of one of them, or of the bundle when only its
 * parts are there. What a list says is checked as far as sizes go; without one, parts are joined by their numbers.
 *
 * @returns undefined when the name stands for no parts
 * @throws PaletteEdgeError `PARTS_LIST_INVALID`, `BUNDLE_VERSION_UNSUPPORTED`, `PARTS_INCOMPLETE` (kind content),
 *   `PARTS_AMBIGUOUS`, `PART_NOT_LISTED` (kind usage), or a failure to read
 */
export async function findParts(folder: FolderAccess, name: string): Promise<FoundParts | undefined> {
  if (bundleOfListName(name) !== undefined) return await listedParts(folder, name);
  const part = parsePartName(name);
  if (part === undefined && (await folder.status(name)) !== undefined) return undefined;
  const listName = partsListName(part?.bundle ?? name);
  if ((await folder.status(listName)) === undefined) return await numberedParts(folder, part ?? name);
  const found = await listedParts(folder, listName);
  const isListed = part === undefined || found.parts.some((listed) => listed.name === name);
  if (!isListed) throw notListed(folder, name, listName);
  return found;
}

async function listedParts(folder: FolderAccess, listName: string): Promise<FoundParts> {
  const place = folder.place(listName);
  // Opening a pipe would wait for somebody to write into it.
  if ((await folder.status(listName))?.isFile === false) throw notAFile(place);
  const access = await folder.open(listName, 'parts list');
  let list: PartsList;
  try {
    list = parsePartsList(await access.read(0, Math.min(access.size, maximumListSize + 1)), place);
  } finally {
    await access.close();
  }
  const faults: string[] = [];
  for (const part of list.parts) {
    const fault = faultOf(part, await folder.status(part.name));
    if (fault !== undefined) faults.push(fault);
  }
  if (faults.length > 0) throw incomplete(folder.place(list.bundle.name), faults);
  return { bundle: list.bundle.name, list, listName, parts: list.parts };
}

function faultOf(
  { name, size }: PartFile,
  status: Awaited<ReturnType<FolderAccess['status']>>,
): string | undefined {
  if (status === undefined) return `${name} is missing, expected ${size} bytes`;
  if (!status.isFile) return `${name} is no regular file`;
  return status.size === size ? undefined : `${name} has ${status.size} bytes, expected ${size}`;
}

/** Parts without a list. Whether they belong together, the bundle's own checks tell. */
async function numberedParts(
  folder: FolderAccess,
  wanted: PartName | string,
): Promise<FoundParts | undefined> {
  const bundle = typeof wanted === 'string' ? wanted : wanted.bundle;
  const named = (await folder.names())
    .flatMap((name) => ({ name, read: parsePartName(name) }))
    .flatMap(({ name, read }) => (read?.bundle === bundle ? [{ name, ...read }] : []))
    .filter((part) => typeof wanted === 'string' || seriesOf(part) === seriesOf(wanted))
    .toSorted((left, right) => left.index - right.index);
  const [first] = named;
  if (first === undefined) return undefined;
  const other = named.find((part) => seriesOf(part) !== seriesOf(first));
  if (other !== undefined) throw ambiguous(folder, [first.name, other.name]);
  const parts: PartFile[] = [];
  for (const [index, { name, ...part }] of named.slice(0, maximumParts).entries()) {
    const expected = name.slice(0, -part.width) + String(index).padStart(part.width, '0');
    if (part.index !== index) throw incomplete(folder.place(bundle), [`${expected} is missing`]);
    const status = await folder.status(name);
    if (status?.isFile !== true) throw incomplete(folder.place(bundle), [`${name} is no regular file`]);
    parts.push({ name, size: status.size });
  }
  return { bundle, list: undefined, listName: undefined, parts };
}

function seriesOf({ style, width }: PartName): string {
  return `${style} ${width}`;
}

function incomplete(place: string, faults: readonly string[]): PaletteEdgeError {
  const told = faults.slice(0, mostTold);
  const more = faults.length > told.length ? ` and ${faults.length - told.length} more` : '';
  return new PaletteEdgeError(
    'PARTS_INCOMPLETE',
    `the parts of ${place} are not all there as they must be: ${told.join('; ')}${more}`,
    {
      kind: 'content',
      suggestions: ['Copy these parts again from where they were made, all into one folder.'],
      details: { faults },
    },
  );
}

function ambiguous(folder: FolderAccess, names: readonly string[]): PaletteEdgeError {
  return new PaletteEdgeError(
    'PARTS_AMBIGUOUS',
    `there are parts of two kinds: ${names.map((name) => folder.place(name)).join(' and ')}`,
    { kind: 'usage', suggestions: ['Name one of those that you mean.'] },
  );
}

function notAFile(place: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'NOT_A_FILE',
    `reading the parts list ${place} failed: it is not a regular file`,
    { kind: 'usage' },
  );
}

function notListed(folder: FolderAccess, name: string, listName: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'PART_NOT_LISTED',
    `${folder.place(name)} is no part that ${folder.place(listName)} names`,
    { kind: 'usage', suggestions: [`Name the list itself: ${folder.place(listName)}`] },
  );
}
