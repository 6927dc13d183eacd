import { isChart } from '../bundle/inventory.ts';
import type { Inventory } from '../bundle/inventory.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatRepository, parseReference } from '../oci/reference.ts';
import type { PageChange, PageRemoved, PageUpdate } from '../report/html-page-data.ts';
import { compareSides } from './diff-bundles.ts';
import type { BundleSide } from './diff-side.ts';
import { bytesOfImage, pageImages } from './report-html-source.ts';
import type { PageSource } from './report-html-source.ts';
import { totalOf } from './changed-content.ts';

/** An image by its name and digest. */
type Named = NonNullable<PageChange['was']>;

/** What became of each image, by its reference. */
export function imageChanges(old: BundleSide, source: PageSource): ReadonlyMap<string, PageChange> {
  const { images } = compareSides(old, { ...old, inventory: source.inventory });
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
  const own = new Set(blobs.map(({ digest }) => digest));
  return {
    before: {
      name: old.name,
      id: old.id,
      contentSize: totalOf(old.inventory.blobs).bytes,
      images: old.inventory.images.filter((image) => !isChart(image) && !isCompanion(image)).length,
    },
    toShip: totalOf(blobs.filter(({ digest }) => !isOld(digest))),
    kept: totalOf(blobs.filter(({ digest }) => isOld(digest))),
    leftBehind: totalOf(old.inventory.blobs.filter(({ digest }) => !own.has(digest))),
    removed: removedFrom(old, source.inventory, changes),
  };
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
