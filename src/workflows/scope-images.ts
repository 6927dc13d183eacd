import { PaletteEdgeError } from '../errors.ts';
import { mapReference } from '../oci/name-mapping.ts';
import type { NameMapping } from '../oci/name-mapping.ts';
import { formatOrigin } from '../oci/origin.ts';
import { formatReference } from '../oci/reference.ts';
import type { ImageRequests, ProfileSummary } from '../profile/request-images.ts';
import type { ImageToPin } from './image-to-pin.ts';
import type { Exclusions } from './scope-exclusions.ts';
import type { ExcludedProfile } from './scope-profiles.ts';

/** What is left out of what the sources name, and what is called otherwise. */
export interface ImageScope {
  /** Profiles whose images are there already: name of a given profile, uid, or file. */
  readonly excludedProfiles: readonly string[];
  /** Patterns of references, see `imageGlob`. */
  readonly excludes: readonly string[];
  /** Those of them that are not told when they leave nothing out: a definition keeps its patterns, not what they left out. */
  readonly silentExcludes?: readonly string[];
  /** Renames in the bundle. */
  readonly mappings: readonly NameMapping[];
}

/** Images and charts that are left out. */
export interface ExcludedImages {
  /** What leaves them out: `--exclude gcr.io/**`. */
  readonly by: string;
  /** Their references in full, sorted. */
  readonly images: readonly string[];
  /** Helm charts, sorted; undefined when there are none. */
  readonly charts?: readonly string[];
}

/** What is asked for, perhaps with its digests. */
export interface PinnableRequests extends Omit<ImageRequests, 'images'> {
  readonly images: readonly ImageToPin[];
}

/** What is asked for, with what was left out of it. */
export interface ScopedRequests extends PinnableRequests {
  /** In the order in which they were named; an image or chart counts for the first that leaves it out. */
  readonly excluded: readonly ExcludedImages[];
}

/** Nothing is left out, and everything keeps its name. */
export const wholeScope: ImageScope = { excludedProfiles: [], excludes: [], mappings: [] };

/** What is left out: the profiles among the given ones, and images. */
export interface ImageExclusions {
  readonly profiles: readonly ExcludedProfile[];
  /** Charts have been left out already. */
  readonly exclusions: Exclusions;
}

/**
 * Leaves out what the excluded profiles ask for, also where another one asks for it too, and what a pattern names. Adds the
 * warning `EXCLUDE_UNUSED` of what leaves nothing out, unless it may.
 *
 * @throws PaletteEdgeError of kind usage: `MAP_CONFLICT` when two images would have one name
 */
export function scopeImages(
  requests: PinnableRequests,
  { mappings }: Pick<ImageScope, 'mappings'>,
  { profiles, exclusions }: ImageExclusions,
): ScopedRequests {
  const images = exclusions.keptImages(requests.images);
  const lost = new Set(profiles.flatMap(({ given }) => given.map(titleOf)));
  checkNames(images, mappings);
  return {
    images,
    profiles: requests.profiles.filter((profile) => !lost.has(titleOf(profile))),
    warnings: [...requests.warnings, ...exclusions.warnings()],
    excluded: exclusions.counts(),
  };
}

function titleOf({ name, version }: Pick<ProfileSummary, 'name' | 'version'>): string {
  return JSON.stringify([name, version]);
}

/** Told before anything is pulled. */
function checkNames(images: readonly ImageToPin[], mappings: readonly NameMapping[]): void {
  if (mappings.length === 0) return;
  const byName = Map.groupBy(images, ({ reference }) => formatReference(mapReference(reference, mappings)));
  for (const [name, sources] of byName) {
    const [first, second] = sources;
    if (first === undefined || second === undefined) continue;
    const places = [first, second].map(
      (image) => `${image.name} (${image.origins.map(formatOrigin).join('; ')})`,
    );
    throw new PaletteEdgeError(
      'MAP_CONFLICT',
      `--map gives two images the name ${name}: ${places.join(' and ')}`,
      {
        kind: 'usage',
        suggestions: ['Map their prefixes to different ones, or leave one of them out with --exclude.'],
      },
    );
  }
}
