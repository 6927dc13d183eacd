import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { formatRepository, parseReference } from '../oci/reference.ts';
import { isChart } from './inventory.ts';
import type { BundledImage } from './inventory.ts';

/** A name that an image has in the bundle. */
export interface ImageName {
  /** In full: `docker.io/library/nginx:1.27`, `ghcr.io/org/app@sha256:…`. */
  readonly name: string;
  /** Whether it ends in a tag, not in a digest. */
  readonly isTag: boolean;
  readonly image: BundledImage;
}

/**
 * The names of a bundle's images, sorted: repository and tag, and repository and digest when the reference was pinned by
 * digest. A tag stands for one image: a reference that is just the tag has it before one that adds a digest, and when
 * only references with different digests want it, none has it; their digests name them.
 *
 * @throws PaletteEdgeError `IMAGE_NAME_CONFLICT` when two images have just the same tag
 */
export function imageNames(images: readonly BundledImage[]): ImageName[] {
  const wanted = images.flatMap(wantedNames);
  const byName = Map.groupBy(wanted, ({ name }) => name);
  return [...byName.values()]
    .flatMap(oneHolder)
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, isTag, image }) => ({ name, isTag, image }));
}

interface WantedName extends ImageName {
  /** Whether the reference has a digest beside its tag. */
  readonly isPinned: boolean;
}

function wantedNames(image: BundledImage): WantedName[] {
  const reference = parseReference(image.reference);
  const repository = formatRepository(reference);
  const isPinned = reference.digest !== undefined;
  const names: WantedName[] = [];
  if (reference.tag !== undefined) {
    names.push({ name: `${repository}:${reference.tag}`, isTag: true, image, isPinned });
  }
  if (isPinned) names.push({ name: `${repository}@${reference.digest}`, isTag: false, image, isPinned });
  return names;
}

function oneHolder(wanted: readonly WantedName[]): WantedName[] {
  const plain = wanted.filter(({ isPinned }) => !isPinned);
  const candidates = plain.length > 0 ? plain : wanted;
  const [first] = candidates;
  if (first === undefined) return [];
  if (digestsOf(candidates).size === 1) return [first];
  if (plain.length === 0) return [];
  throw new PaletteEdgeError('IMAGE_NAME_CONFLICT', `${first.name} stands for two different images`, {
    kind: 'failure',
    suggestions: candidates.every(({ image }) => isChart(image))
      ? [
          'The URLs of two chart repositories may give one name: build a bundle from each of the two charts. --map and --exclude cannot tell them apart.',
          'Where both are from one registry, run it again: the tag may have moved meanwhile.',
        ]
      : ['Run it again: the tag may have moved meanwhile.'],
  });
}

function digestsOf(names: readonly WantedName[]): ReadonlySet<Digest> {
  return new Set(names.map(({ image }) => image.digest));
}
