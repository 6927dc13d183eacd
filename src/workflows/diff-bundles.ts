import { totalSize } from '../io/total-size.ts';
import type { Digest } from '../oci/digest.ts';
import { readDiffSide, sideContent } from './diff-side.ts';
import type { DiffSide, SideEntry } from './diff-side.ts';
import type { BundleInput } from './with-bundle-source.ts';

/** What tells two bundles or definitions apart. */
export interface DiffResult {
  readonly before: ComparedSide;
  readonly after: ComparedSide;
  /** Whether nothing is told below: same images, charts and files, whatever the bundles are called. */
  readonly isSame: boolean;
  readonly images: ImageDifferences;
  readonly charts: Differences;
  readonly files: Differences;
  /** Between two bundles: what has to be carried to whoever has the first. */
  readonly toShip?: BlobCount;
  /** Between two bundles: what only the first has. */
  readonly leftBehind?: BlobCount;
}

/** A side as it was found. */
interface ComparedSide {
  readonly path: string;
  readonly kind: DiffSide['kind'];
  readonly name?: string;
  /** Of a bundle. */
  readonly id?: string;
}

/** Each sorted by name. */
interface Differences {
  readonly added: readonly Pinned[];
  readonly removed: readonly Pinned[];
  /** Same name, other content. */
  readonly moved: readonly Moved[];
}

interface ImageDifferences extends Differences {
  /** Same name and digest, other platforms are kept. */
  readonly otherPlatforms: readonly OtherPlatforms[];
}

interface Pinned {
  readonly name: string;
  readonly digest: Digest | undefined;
}

interface Moved {
  readonly name: string;
  readonly before: Digest;
  readonly after: Digest;
}

interface OtherPlatforms {
  readonly name: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface BlobCount {
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Compares two bundles, definitions, or one of each. Only inventories are read; of a stream nothing behind manifests and configs.
 *
 * @throws PaletteEdgeError for what cannot be opened
 */
export async function diffBundles(before: BundleInput, after: BundleInput): Promise<DiffResult> {
  return compareSides(await readDiffSide(before), await readDiffSide(after));
}

/** Compares two sides that were read. */
export function compareSides(left: DiffSide, right: DiffSide): DiffResult {
  const [from, to] = [sideContent(left, right), sideContent(right, left)];
  const images = { ...differences(from.images, to.images), ...platformDifferences(from.images, to.images) };
  const charts = differences(from.charts, to.charts);
  const files = differences(from.files, to.files);
  const isSame = [images, charts, files].every((each) =>
    Object.values(each).every((list) => list.length === 0),
  );
  return {
    before: described(left),
    after: described(right),
    isSame,
    images,
    charts,
    files,
    toShip: blobsOnlyIn(right, left),
    leftBehind: blobsOnlyIn(left, right),
  };
}

function described(side: DiffSide): ComparedSide {
  const { path, kind, name } = side;
  return { path, kind, name, id: side.kind === 'bundle' ? side.id : undefined };
}

function differences(before: readonly SideEntry[], after: readonly SideEntry[]): Differences {
  return {
    added: onlyIn(after, before),
    removed: onlyIn(before, after),
    moved: inBoth(before, after).flatMap(([left, right]) => {
      const { name, digest } = left;
      // What a definition does not pin may be anything.
      if (digest === undefined || right.digest === undefined || digest === right.digest) return [];
      return [{ name, before: digest, after: right.digest }];
    }),
  };
}

function platformDifferences(
  before: readonly SideEntry[],
  after: readonly SideEntry[],
): Pick<ImageDifferences, 'otherPlatforms'> {
  const otherPlatforms = inBoth(before, after).flatMap(([left, right]) => {
    const { name, platforms } = left;
    if (left.digest !== right.digest || platforms === undefined || right.platforms === undefined) return [];
    if (platforms.join(' ') === right.platforms.join(' ')) return [];
    return [{ name, before: platforms, after: right.platforms }];
  });
  return { otherPlatforms };
}

function onlyIn(entries: readonly SideEntry[], others: readonly SideEntry[]): Pinned[] {
  const known = new Set(others.map(({ key }) => key));
  return inOrder(entries.filter(({ key }) => !known.has(key))).map(({ name, digest }) => ({ name, digest }));
}

function inBoth(before: readonly SideEntry[], after: readonly SideEntry[]): [SideEntry, SideEntry][] {
  const others = new Map(after.map((entry) => [entry.key, entry]));
  return inOrder(before).flatMap((entry): [SideEntry, SideEntry][] => {
    const other = others.get(entry.key);
    return other === undefined ? [] : [[entry, other]];
  });
}

/** By UTF-16 code units: the same in every locale. */
function inOrder(entries: readonly SideEntry[]): SideEntry[] {
  return entries.toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
}

function blobsOnlyIn(side: DiffSide, other: DiffSide): BlobCount | undefined {
  if (side.kind !== 'bundle' || other.kind !== 'bundle') return undefined;
  const known = new Set(other.inventory.blobs.map(({ digest }) => digest));
  const own = side.inventory.blobs.filter(({ digest }) => !known.has(digest));
  return { blobs: own.length, bytes: totalSize(own) };
}
