import { imageNames } from '../bundle/image-names.ts';
import type { BundledImage } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { mapReference } from '../oci/name-mapping.ts';
import { repositoryBelow, restBehind } from '../oci/name-prefix.ts';
import { isCompanion } from '../oci/origin.ts';
import { formatReference, formatRepository, parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import type { PushNaming } from './push-input.ts';
import { servedName } from './served-names.ts';

/** A repository as references name it. */
type Repository = Pick<Reference, 'registry' | 'repository'>;

/** An image of some bundles, and what it is called in the registry. */
export interface NamedImage {
  /** As in the bundle. */
  readonly reference: string;
  readonly isCompanion: boolean;
  readonly repository: Repository;
  /** Undefined for what has only its digest. */
  readonly tag: string | undefined;
  /** The image in each bundle that has it: together they may hold more platforms. */
  readonly entries: readonly [BundledImage, ...BundledImage[]];
}

const shownConflicts = 5;

/**
 * Names the images of some bundles as a registry is to have them. Without the registry that they are from, unless that is wanted:
 * `docker.io/library/nginx:1.27` becomes `REGISTRY/PREFIX/library/nginx:1.27`.
 *
 * @param bundles the images of each bundle
 * @throws PaletteEdgeError of kind usage: `NAMES_AMBIGUOUS` when repositories of several registries would become one,
 *   `TAG_CONFLICT` when a tag would stand for different images, `REFERENCE_INVALID` for a name that is too long
 */
export function pushNames(
  bundles: readonly (readonly BundledImage[])[],
  naming: PushNaming,
): readonly NamedImage[] {
  const named = bundles.flatMap((images) => namesIn(images, naming));
  refuseAmbiguity(named, naming);
  refuseConflicts(named);
  const unique = Map.groupBy(named, ({ repository, tag, entries: [{ digest }] }) =>
    JSON.stringify([formatRepository(repository), tag, digest]),
  );
  return [...unique.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return [
      { ...first, entries: [first.entries[0], ...others.map(({ entries: [entry] }) => entry)] as const },
    ];
  });
}

function namesIn(images: readonly BundledImage[], naming: PushNaming): NamedImage[] {
  const tagged = imageNames(images).filter(({ isTag }) => isTag);
  const holders = new Map(tagged.map(({ name, image }) => [name, image.digest]));
  return images.map((image) => {
    const reference = parseReference(image.reference);
    const { tag } = reference;
    const isHolder = holders.get(`${formatRepository(reference)}:${tag}`) === image.digest;
    return {
      reference: image.reference,
      isCompanion: isCompanion(image),
      repository: repositoryFor(reference, naming),
      tag: isHolder ? tag : undefined,
      entries: [image] as const,
    };
  });
}

function repositoryFor(reference: Reference, naming: PushNaming): Repository {
  const { destination, mappings, keepsRegistry } = naming;
  const { registry } = destination;
  const bare = { registry: reference.registry, repository: reference.repository };
  if (isMapped(bare, naming)) {
    const mapped = mapReference({ ...bare, tag: 'latest' }, mappings);
    return { registry: mapped.registry, repository: mapped.repository };
  }
  const rest = keepsRegistry ? servedName(reference) : reference.repository;
  // Read again: a long prefix may make it a name that no repository can have.
  const { repository } = parseReference(`${registry}/${repositoryBelow(destination, rest)}`);
  return { registry, repository };
}

function isMapped(repository: Repository, { mappings }: PushNaming): boolean {
  return mappings.some(({ from }) => restBehind(repository, from) !== undefined);
}

/** What is mapped was named by somebody who saw both names. */
function refuseAmbiguity(named: readonly NamedImage[], naming: PushNaming): void {
  const conflicts: string[] = [];
  const byName = Map.groupBy(named, ({ repository }) => formatRepository(repository));
  for (const [name, sharers] of byName) {
    const sources = sharers.map(({ reference }) => parseReference(reference));
    const names = new Set(sources.map(formatRepository));
    if (names.size > 1 && !sources.every((source) => isMapped(source, naming)))
      conflicts.push(`${name} would be ${[...names].toSorted().join(' and ')}`);
  }
  if (conflicts.length === 0) return;
  throw new PaletteEdgeError(
    'NAMES_AMBIGUOUS',
    listed('repositories of several registries would become one:', conflicts),
    {
      kind: 'usage',
      suggestions: [
        'Keep the registry in the names: --keep-registry',
        'Or give one of them another name, as in --map ghcr.io=REGISTRY/ghcr',
        'Or push only some of the images: --image PATTERN',
      ],
    },
  );
}

function refuseConflicts(named: readonly NamedImage[]): void {
  const held = new Map<string, { readonly reference: string; readonly digest: Digest }>();
  const conflicts: string[] = [];
  for (const { repository, tag, reference, entries } of named) {
    if (tag === undefined) continue;
    const name = formatReference({ ...repository, tag });
    const image = { reference, digest: entries[0].digest };
    const known = held.get(name) ?? image;
    held.set(name, known);
    if (known.digest !== image.digest)
      conflicts.push(
        `${name} would be ${known.reference} (${known.digest}) and ${reference} (${image.digest})`,
      );
  }
  if (conflicts.length === 0) return;
  throw new PaletteEdgeError('TAG_CONFLICT', listed('a tag would stand for different images:', conflicts), {
    kind: 'usage',
    suggestions: ['Push the bundles one after the other, the one whose image the tag is to have last.'],
  });
}

function listed(title: string, lines: readonly string[]): string {
  const more = lines.length - shownConflicts;
  const shown = lines.slice(0, shownConflicts).map((line) => `  ${line}`);
  return [title, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}
