import { imageNames } from '../bundle/image-names.ts';
import type { BundledImage } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import { servedName } from './served-names.ts';

/** A tag of a registry that serves bundles. */
export interface ServedTag {
  /** In full, see {@link servedName}. */
  readonly repository: string;
  readonly tag: string;
  readonly image: BundledImage;
  /** Where it was found first. */
  readonly path: string;
}

const shownConflicts = 5;

/**
 * The tags of some bundles, by repository and tag.
 *
 * @throws PaletteEdgeError `TAG_CONFLICT` (kind usage) when one stands for different images
 */
export function servedTags(bundles: readonly OpenBundle[]): ReadonlyMap<string, ServedTag> {
  const tags = new Map<string, ServedTag>();
  const conflicts: string[] = [];
  for (const served of bundles.flatMap(tagsOf)) {
    const name = `${served.repository}:${served.tag}`;
    const known = tags.get(name) ?? served;
    tags.set(name, known);
    if (known.image.digest !== served.image.digest) conflicts.push(conflictOf(known, served));
  }
  if (conflicts.length > 0) throw tagConflict(conflicts);
  return tags;
}

function tagsOf({ path, reader }: OpenBundle): ServedTag[] {
  return imageNames(reader.inventory.images).flatMap(({ name, isTag, image }) => {
    const reference = parseReference(name);
    if (!isTag || reference.tag === undefined) return [];
    return [{ repository: servedName(reference), tag: reference.tag, image, path }];
  });
}

function conflictOf(known: ServedTag, other: ServedTag): string {
  const described = [known, other].map(
    ({ path, image: { reference, digest } }) => `${reference} in ${path} is ${digest}`,
  );
  return described.join(', but ');
}

function tagConflict(conflicts: readonly string[]): PaletteEdgeError {
  const more = conflicts.length - shownConflicts;
  const message = [
    'the same tag stands for different images:',
    ...conflicts.slice(0, shownConflicts).map((conflict) => `  ${conflict}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
  return new PaletteEdgeError('TAG_CONFLICT', message, {
    kind: 'usage',
    suggestions: ['Serve the bundles by two commands, each with a --listen HOST:PORT of its own.'],
  });
}
