import { PaletteEdgeError } from '../errors.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { blankBootPlace } from './boot-place.ts';
import type { BootStructure } from './boot-structure.ts';
import { isoSectorSize } from './iso-entry.ts';
import type { IsoEntry } from './iso-entry.ts';
import type { IsoImage } from './iso-image.ts';
import type { IsoFile } from './iso-tree.ts';

/** Two images, and what should have come into the second one. */
export interface InstallerComparison {
  readonly before: IsoImage;
  readonly structure: BootStructure;
  readonly after: IsoImage;
  readonly removed: readonly string[];
  readonly added: readonly IsoEntry[];
  readonly signal: AbortSignal;
  /** Told of bytes as they are read from the second image. */
  readonly onBytes: (count: number) => void;
}

interface Pair {
  readonly path: string;
  readonly file: RandomAccess;
  readonly source: RandomAccess;
  /** Whether it holds fields that say where it is itself. */
  readonly isPlaced: boolean;
}

const pieceSize = 4 * 1024 * 1024;

/**
 * Reads an installer that was written and compares each byte with where it came from: the image before, or the files that were added.
 *
 * @throws PaletteEdgeError `INSTALLER_DAMAGED` (kind content) for a file that is missing or differs
 */
export async function checkInstallerContent(comparison: InstallerComparison): Promise<void> {
  const { before, after, removed, added, onBytes } = comparison;
  const found = new Map(after.files.map((file) => [file.path, file]));
  const gone = new Set([...removed, ...added.map(({ path }) => path)]);
  for (const file of before.files.filter(({ path }) => !gone.has(path))) {
    const copy = requireFile(found, file);
    if (file.kind !== 'file' || isCatalogue(file, comparison)) {
      onBytes(file.size);
      continue;
    }
    await compare(
      {
        path: file.path,
        file: after.open(copy),
        source: before.open(file),
        isPlaced: isBootImage(file, comparison),
      },
      comparison,
    );
  }
  for (const entry of added) {
    const copy = requireFile(found, { ...entry, kind: 'file' });
    await using source = await openEntry(entry);
    await compare({ path: entry.path, file: after.open(copy), source, isPlaced: false }, comparison);
  }
}

function requireFile(
  found: ReadonlyMap<string, IsoFile>,
  expected: Pick<IsoFile, 'path' | 'kind' | 'size'>,
): IsoFile {
  const file = found.get(expected.path);
  if (file === undefined) throw damaged(expected.path, 'it is missing');
  if (file.kind !== expected.kind)
    throw damaged(expected.path, `expected a ${expected.kind}, received a ${file.kind}`);
  if (file.size === expected.size) return file;
  throw damaged(expected.path, `expected ${expected.size} bytes, received ${file.size}`);
}

async function openEntry({ source, start = 0, size }: IsoEntry): Promise<RandomAccess & AsyncDisposable> {
  const file = await openFileAccess(source, 'source of a file in the installer');
  const close = async (): Promise<void> => await file.close();
  return {
    size,
    read: async (position, length) => await file.read(start + position, length),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function compare(pair: Pair, { signal, onBytes }: InstallerComparison): Promise<void> {
  const { path, file, source, isPlaced } = pair;
  for (let position = 0; position < file.size; position += pieceSize) {
    signal.throwIfAborted();
    const length = Math.min(pieceSize, file.size - position);
    const [read, expected] = await Promise.all([file.read(position, length), source.read(position, length)]);
    const [left, right] = [Buffer.from(read), Buffer.from(expected)];
    if (isPlaced && position === 0) for (const bytes of [left, right]) blankBootPlace(bytes);
    if (!left.equals(right)) throw damaged(path, `it differs from its source after byte ${position}`);
    onBytes(length);
  }
}

function isCatalogue(file: IsoFile, { structure }: InstallerComparison): boolean {
  return structure.catalogue !== undefined && beginsAt(file, structure.catalogue);
}

function isBootImage(file: IsoFile, { structure: { images } }: InstallerComparison): boolean {
  return (
    Array.isArray(images) && images.some(({ platform, start }) => platform === 0 && beginsAt(file, start))
  );
}

function beginsAt({ extents }: IsoFile, sector: number): boolean {
  return extents[0]?.position === sector * isoSectorSize;
}

function damaged(path: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'INSTALLER_DAMAGED',
    `the installer was not written as it should be: ${path}: ${reason}`,
    {
      kind: 'content',
      suggestions: ['Run the same command again, with --out on another disk.'],
    },
  );
}
