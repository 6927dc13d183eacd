import type { RandomAccess } from '../io/random-access.ts';
import { totalSize } from '../io/total-size.ts';
import { isoSectorSize } from './iso-entry.ts';
import { damagedIso } from './iso-error.ts';
import { IsoNames } from './iso-names.ts';
import { parseIsoRecord } from './iso-record.ts';
import type { IsoRecord } from './iso-record.ts';
import type { IsoExtent, IsoVolume } from './iso-volume.ts';

/** A piece of a file's content. */
export interface FileExtent {
  /** In the image, in bytes. */
  readonly position: number;
  readonly size: number;
}

/** Something in an image that is no folder. */
export interface IsoFile {
  /** Relative, with slashes. */
  readonly path: string;
  /** Links and devices have no content that is read here. */
  readonly kind: 'file' | 'link' | 'other';
  readonly size: number;
  readonly extents: readonly FileExtent[];
}

/** What a tree may have at most: whatever an image says, reading it takes so much time and memory. */
export const isoLimits = {
  entries: 100_000,
  depth: 64,
  /** Of one file; each has up to 4 GiB. */
  pieces: 1000,
  folderBytes: 64 * 1024 * 1024,
  /** Bytes of all files, as many times the size of the image: files of the same content may share it. */
  overlap: 16,
} as const;

interface Folder extends IsoExtent {
  readonly path: string;
  readonly depth: number;
}

interface Walk {
  readonly image: RandomAccess;
  readonly place: string;
  readonly names: IsoNames;
  readonly files: IsoFile[];
  readonly paths: Set<string>;
  /** First sectors of folders that were read: each belongs in one place. */
  readonly seen: Set<number>;
  readonly folders: Folder[];
  folderBytes: number;
}

/**
 * Reads all folders of an image, by the best names that it has: Rock Ridge, Joliet, or plain ones.
 *
 * @returns files in the order of the tree, each path once
 * @throws PaletteEdgeError `ISO_DAMAGED` (kind content) for loops, extents outside the image, names that climb, and more of anything than
 *   {@link isoLimits} allows
 */
export async function readIsoTree(image: RandomAccess, volume: IsoVolume, place: string): Promise<IsoFile[]> {
  const { names, root } = await IsoNames.choose(image, volume, place);
  const folders: Folder[] = [{ ...root, path: '', depth: 0 }];
  const walk: Walk = {
    image,
    place,
    names,
    files: [],
    paths: new Set(),
    seen: new Set(),
    folders,
    folderBytes: 0,
  };
  // No recursion: how deep it goes nobody knows.
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
    await readFolder(folder, walk);
  const bytes = totalSize(walk.files);
  if (bytes > isoLimits.overlap * image.size) throw damagedIso(place, `its files have ${bytes} bytes`);
  return walk.files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

async function readFolder(folder: Folder, walk: Walk): Promise<void> {
  const shown = folder.path === '' ? 'its root folder' : `the folder ${JSON.stringify(folder.path)}`;
  if (walk.seen.has(folder.sector)) throw damagedIso(walk.place, `${shown} is in two places`);
  walk.seen.add(folder.sector);
  const bytes = await readExtent(folder, walk, shown);
  let pieces: IsoRecord[] = [];
  for (const record of recordsOf(bytes, walk.place, shown)) {
    pieces.push(record);
    if (pieces.length > isoLimits.pieces)
      throw damagedIso(walk.place, `a file in ${shown} has too many pieces`);
    if (record.hasMore) continue;
    await addEntry(pieces, folder, walk);
    pieces = [];
  }
  if (pieces.length > 0) throw damagedIso(walk.place, `${shown} ends within a file`);
}

/** All records but those of the folder itself and of the one it is in. None crosses the end of a sector. */
function* recordsOf(bytes: Buffer, place: string, shown: string): Generator<IsoRecord, void, undefined> {
  for (let position = 0; position < bytes.length;) {
    const sectorEnd = Math.min(bytes.length, (Math.floor(position / isoSectorSize) + 1) * isoSectorSize);
    if (bytes[position] === 0) {
      position = sectorEnd;
      continue;
    }
    const record = parseIsoRecord(bytes, position, sectorEnd);
    if (record === undefined) throw damagedIso(place, `${shown} has a record that is none`);
    position += record.length;
    if (!isDots(record)) yield record;
  }
}

async function readExtent({ sector, size }: IsoExtent, walk: Walk, shown: string): Promise<Buffer> {
  walk.folderBytes += size;
  if (walk.folderBytes > isoLimits.folderBytes) {
    throw damagedIso(walk.place, `its folders have more than ${isoLimits.folderBytes} bytes`);
  }
  if (sector * isoSectorSize + size > walk.image.size)
    throw damagedIso(walk.place, `${shown} is outside of it`);
  return Buffer.from(await walk.image.read(sector * isoSectorSize, size));
}

function isDots({ identifier }: IsoRecord): boolean {
  return identifier.length === 1 && (identifier[0] ?? 2) < 2;
}

async function addEntry(records: readonly IsoRecord[], folder: Folder, walk: Walk): Promise<void> {
  const [first] = records;
  if (first === undefined) return;
  const { name, kind, childSector, isMoved } = await walk.names.read(first);
  if (isMoved) return;
  const path = folder.path === '' ? name : `${folder.path}/${name}`;
  const shown = JSON.stringify(path);
  if (walk.paths.has(path)) throw damagedIso(walk.place, `${shown} is there twice`);
  walk.paths.add(path);
  if (walk.paths.size > isoLimits.entries) {
    throw damagedIso(walk.place, `it has more than ${isoLimits.entries} files and folders`);
  }
  const other = records.find(({ identifier }) => !Buffer.from(identifier).equals(first.identifier));
  if (other !== undefined) throw damagedIso(walk.place, `${shown} goes on under another name`);
  if (childSector !== undefined)
    await addFolder({ sector: childSector, path, depth: folder.depth + 1 }, walk);
  else if (kind === 'folder') addKnownFolder({ ...first, path, depth: folder.depth + 1 }, walk);
  else walk.files.push({ path, ...contentOf(records, kind, { walk, shown }) });
}

/** A folder that was moved: its own first record says how large it is. */
async function addFolder(folder: Omit<Folder, 'size'>, walk: Walk): Promise<void> {
  const bytes = await readExtent(
    { sector: folder.sector, size: isoSectorSize },
    walk,
    JSON.stringify(folder.path),
  );
  const record = parseIsoRecord(bytes, 0, isoSectorSize);
  if (record === undefined || !isDots(record)) {
    throw damagedIso(walk.place, `the folder ${JSON.stringify(folder.path)} is none`);
  }
  addKnownFolder({ ...folder, size: record.size }, walk);
}

function addKnownFolder({ sector, size, path, depth }: Folder, walk: Walk): void {
  if (depth > isoLimits.depth) throw damagedIso(walk.place, `its folders are deeper than ${isoLimits.depth}`);
  walk.folders.push({ sector, size, path, depth });
}

function contentOf(
  records: readonly IsoRecord[],
  kind: IsoFile['kind'],
  { walk, shown }: { readonly walk: Walk; readonly shown: string },
): Omit<IsoFile, 'path'> {
  if (kind !== 'file') return { kind, size: 0, extents: [] };
  const extents = records
    .map(({ sector, size }) => ({ position: sector * isoSectorSize, size }))
    // One that is empty is nowhere.
    .filter(({ size }) => size > 0);
  if (records.some(({ isInterleaved }) => isInterleaved))
    throw damagedIso(walk.place, `${shown} is interleaved`);
  if (extents.some(({ position, size }) => position + size > walk.image.size)) {
    throw damagedIso(walk.place, `${shown} is outside of it`);
  }
  return { kind, size: totalSize(extents), extents };
}
