import { PaletteEdgeError } from '../errors.ts';
import { imageGlob } from '../oci/image-glob.ts';
import type { ImageGlob } from '../oci/image-glob.ts';
import { mapReference } from '../oci/name-mapping.ts';
import type { NameMapping } from '../oci/name-mapping.ts';
import { formatOrigin, isNamedIn } from '../oci/origin.ts';
import { formatReference } from '../oci/reference.ts';
import type { ImageRequests } from '../profile/request-images.ts';
import type { ImageToPin } from './image-to-pin.ts';

/** What is left out of what the sources name, and what is called otherwise. */
export interface ImageScope {
  /** Profiles whose images are there already: name of a given profile, uid, or file. */
  readonly excludedProfiles: readonly string[];
  /** Patterns of references, see {@link imageGlob}. */
  readonly excludes: readonly string[];
  /** Those of them that are not told when they leave nothing out: a definition keeps its patterns, not what they left out. */
  readonly silentExcludes?: readonly string[];
  /** Renames in the bundle. */
  readonly mappings: readonly NameMapping[];
}

/** Images that are left out. */
export interface ExcludedImages {
  /** What leaves them out: `--exclude gcr.io/**`. */
  readonly by: string;
  /** Their references in full, sorted. */
  readonly images: readonly string[];
}

/** What is asked for, perhaps with its digests. */
export interface PinnableRequests extends Omit<ImageRequests, 'images'> {
  readonly images: readonly ImageToPin[];
}

/** What is asked for, with what was left out of it. */
export interface ScopedRequests extends PinnableRequests {
  /** In the order in which they were named; an image counts for the first that leaves it out. */
  readonly excluded: readonly ExcludedImages[];
}

/** Finds out what a profile asks for that is not among the given ones. */
export type ProfileLookup = (profile: string) => Promise<PinnableRequests>;

/** Nothing is left out, and everything keeps its name. */
export const wholeScope: ImageScope = { excludedProfiles: [], excludes: [], mappings: [] };

/**
 * Leaves out what the excluded profiles ask for, also where another one asks for it too, and what a pattern names. Adds the
 * warning `EXCLUDE_UNUSED` of what leaves nothing out, unless it may.
 *
 * @throws PaletteEdgeError of kind usage: `IMAGE_GLOB_INVALID`, `MAP_CONFLICT` when two images would have one name; what
 *   the lookup throws
 */
export async function scopeImages(
  requests: PinnableRequests,
  scope: ImageScope,
  lookUp: ProfileLookup,
): Promise<ScopedRequests> {
  const globs = scope.excludes.map((text) => imageGlob(text));
  const profiles = await Promise.all(
    scope.excludedProfiles.map(async (profile) => await exclusionOf(profile, requests, lookUp)),
  );
  const exclusions = [...profiles, ...globs.map(exclusionByGlob)];
  const excluded = exclusions.map(({ by }) => ({ by, images: [] as string[] }));
  const images = requests.images.filter((image) => {
    const index = exclusions.findIndex(({ leavesOut }) => leavesOut(image));
    excluded[index]?.images.push(image.name);
    return index === -1;
  });
  const lost = new Set(profiles.flatMap(({ profileTitles }) => profileTitles));
  const silent = new Set(scope.silentExcludes?.map(titleOfGlob));
  const unused = exclusions.filter(
    ({ by, leavesOut }) => !silent.has(by) && !requests.images.some(leavesOut),
  );
  checkNames(images, scope.mappings);
  return {
    images,
    profiles: requests.profiles.filter((profile) => !lost.has(titleOf(profile))),
    warnings: [
      ...requests.warnings,
      ...unused.map(({ by }) => ({ code: 'EXCLUDE_UNUSED', message: `${by} leaves no image out` })),
    ],
    excluded,
  };
}

interface Exclusion {
  readonly by: string;
  readonly leavesOut: (image: ImageToPin) => boolean;
}

interface ProfileExclusion extends Exclusion {
  readonly profileTitles: readonly string[];
}

async function exclusionOf(
  profile: string,
  { images, profiles }: PinnableRequests,
  lookUp: ProfileLookup,
): Promise<ProfileExclusion> {
  const given = profiles.filter(({ name }) => name === profile);
  const asked =
    given.length > 0
      ? { profiles: given, images: images.filter(({ origins }) => isNamedIn(profile, origins)) }
      : await lookUp(profile).catch((error: unknown) => {
          throw notFound(profile, profiles, error);
        });
  const names = new Set(asked.images.map(({ name }) => name));
  return {
    by: `--exclude-profile ${profile}`,
    profileTitles: asked.profiles.map(titleOf),
    leavesOut: ({ name }) => names.has(name),
  };
}

function notFound(profile: string, given: ImageRequests['profiles'], error: unknown): unknown {
  if (!(error instanceof PaletteEdgeError) || error.code !== 'FILE_NOT_FOUND') return error;
  const names = given.map(({ name }) => name).join(', ') || 'none';
  return new PaletteEdgeError(
    'PROFILE_NOT_FOUND',
    `--exclude-profile ${JSON.stringify(profile)} is no name of a given profile, no uid, and no file`,
    { kind: 'notFound', cause: error, suggestions: [`Names of the given profiles: ${names}`] },
  );
}

function exclusionByGlob({ text, matches }: ImageGlob): Exclusion {
  return { by: titleOfGlob(text), leavesOut: ({ reference }) => matches(reference) };
}

function titleOfGlob(text: string): string {
  return `--exclude ${text}`;
}

function titleOf({ name, version }: ImageRequests['profiles'][number]): string {
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
