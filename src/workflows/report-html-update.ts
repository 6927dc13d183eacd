import type { Inventory } from '../bundle/inventory.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatRepository, parseReference } from '../oci/reference.ts';
import type { PageChange, PageRemoved, PageUpdate } from '../report/html-page-data.ts';
import { compareSides } from './diff-bundles.ts';
import type { BundleSide } from './diff-side.ts';
import { bytesOfImage, pageImages } from './report-html-source.ts';
import type { PageSource } from './report-html-source.ts';
import { totalOf } from './changed-content.ts';
import { matchingImages } from './select-images.ts';

/** An image by its name and digest. */
type Named = NonNullable<PageChange['was']>;

/** What became of each image that is chosen, by its reference. All of both bundles is compared: what is not chosen is no less there. */
export function imageChanges(old: BundleSide, source: PageSource): ReadonlyMap<string, PageChange> {
  const { images } = compareSides(old, { ...old, inventory: source.whole });
  const moved = new Map<string, string>(images.moved.map(({ name, before }) => [name, before]));
  const added = new Set(images.added.map(({ name }) => name));
  const platforms = new Set(images.otherPlatforms.map(({ name }) => name));
  const replaced = replacements(
    images.added.map(({ name }) => name),
    images.removed.map(({ name, digest = '' }) => ({ name, digest })),
  );
  const isNew = (digest: Parameters<NonNullable<PageSource['isOld']>>[0]): boolean => !source.isOld?.(digest);
  return new Map(
    pageImages(source).map(({ reference, digest }) => {
      const toShip = bytesOfImage(source, digest, isNew);
      return [reference, { ...changeOf(reference), toShip }];
    }),
  );

  function changeOf(name: string): Pick<PageChange, 'kind' | 'was'> {
    const before = moved.get(name);
    if (before !== undefined) return { kind: 'updated', was: { name, digest: before } };
    const was = replaced.get(name);
    if (was !== undefined) return { kind: 'updated', was };
    if (added.has(name)) return { kind: 'added' };
    return { kind: platforms.has(name) ? 'platforms' : 'same' };
  }
}

/** What the update brings as a whole. */
export function pageUpdate(
  old: BundleSide,
  source: PageSource,
  changes: ReadonlyMap<string, PageChange>,
): PageUpdate {
  const { blobs } = source;
  const isOld = source.isOld ?? ((): boolean => false);
  return {
    before: { name: old.name, id: old.id },
    toShip: totalOf(blobs.filter(({ digest }) => !isOld(digest))),
    kept: totalOf(blobs.filter(({ digest }) => isOld(digest))),
    removed: removedFrom({ ...old, inventory: chosenOf(old.inventory, source) }, source.whole, changes),
  };
}

/** What of an inventory would have been chosen, too: images, and charts as the images that they are. Files never are. */
function chosenOf(inventory: Inventory, { patterns }: PageSource): Inventory {
  if (patterns.length === 0) return inventory;
  const images = matchingImages(inventory.images, patterns);
  const names = new Set(images.map(({ reference }) => reference));
  const charts = inventory.charts.filter(({ reference }) => names.has(reference));
  return { ...inventory, images, charts, rawFiles: [], files: [] };
}

function removedFrom(
  old: BundleSide,
  inventory: Inventory,
  changes: ReadonlyMap<string, PageChange>,
): PageRemoved[] {
  const { images, charts, files } = compareSides(old, { ...old, inventory });
  const replaced = new Set([...changes.values()].map(({ was }) => was?.name));
  const companions = new Set(old.inventory.images.filter(isCompanion).map(({ reference }) => reference));
  const listed = (what: PageRemoved['what'], { removed }: typeof charts): PageRemoved[] =>
    removed.map(({ name, digest = '' }) => ({ what, name, digest }));
  return [
    ...listed('image', images)
      .filter(({ name }) => !replaced.has(name))
      .map((each) => (companions.has(each.name) ? { ...each, what: 'companion' as const } : each)),
    ...listed('chart', charts),
    ...listed('file', files),
  ];
}

/** What is new in the place of something old: the only new one of a repository that lost only one. */
function replacements(added: readonly string[], removed: readonly Named[]): ReadonlyMap<string, Named> {
  const gone = Map.groupBy(removed, ({ name }) => repositoryOf(name));
  const come = Map.groupBy(added, repositoryOf);
  return new Map(
    [...come].flatMap(([repository, names]): [string, Named][] => {
      const [name] = names;
      const [was, another] = gone.get(repository) ?? [];
      if (name === undefined || names.length > 1 || was === undefined || another !== undefined) return [];
      return [[name, was]];
    }),
  );
}

function repositoryOf(reference: string): string {
  return formatRepository(parseReference(reference));
}
