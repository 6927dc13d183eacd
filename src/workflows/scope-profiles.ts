import { PaletteEdgeError } from '../errors.ts';
import type { ProfileSummary } from '../profile/request-images.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { ImageToPin } from './image-to-pin.ts';

/** What a profile asks for that is read only to be left out. */
export interface FoundProfile {
  readonly profiles: readonly ProfileSummary[];
  readonly images: readonly ImageToPin[];
  readonly charts: readonly RequestedChart[];
}

/** Finds out what a profile asks for: one in a file, or one in Palette. */
export type ProfileLookup = (profile: string) => Promise<FoundProfile>;

/** A text that names a profile, and what was found under it; a given profile may have that name, too. */
export interface NamedProfile {
  readonly text: string;
  readonly found: FoundProfile | undefined;
  /** Why nothing was found. */
  readonly error: unknown;
}

/** A profile that is left out. */
export interface ExcludedProfile {
  /** As it was named. */
  readonly text: string;
  /** Given profiles that it is. */
  readonly given: readonly ProfileName[];
  /** Names of given profiles of which all comes from it; origins know no more than names. */
  readonly names: readonly string[];
  /** What it asks for; nothing where it is named as a given profile is. */
  readonly images: readonly ImageToPin[];
  readonly charts: readonly RequestedChart[];
}

type ProfileName = Pick<ProfileSummary, 'name' | 'version'>;

/** Looks for all profiles that are to be left out; what is wrong with one is told by {@link excludedAmong}. */
export async function findExcluded(
  texts: readonly string[],
  lookUp: ProfileLookup,
): Promise<readonly NamedProfile[]> {
  return await Promise.all(
    texts.map(async (text): Promise<NamedProfile> => {
      try {
        return { text, found: await lookUp(text), error: undefined };
      } catch (error) {
        return { text, found: undefined, error };
      }
    }),
  );
}

/** Whether a given profile is left out: by its name, or as the one that a file or uid stands for. */
export function isLeftOut(
  named: readonly NamedProfile[],
  profile: ProfileName,
  given: readonly ProfileName[],
): boolean {
  return named.some((each) => isProfile(each, profile, given));
}

/**
 * What is left out, now that the given profiles are known.
 *
 * @throws PaletteEdgeError `PROFILE_NOT_FOUND` (kind notFound) for what names none, and what its lookup threw
 */
export function excludedAmong(
  named: readonly NamedProfile[],
  given: readonly ProfileName[],
): ExcludedProfile[] {
  return named.map((each) => {
    const { text, found, error } = each;
    const isName = given.some(({ name }) => name === text);
    if (!isName && found === undefined) throw notFound(text, given, error);
    const own = given.filter((profile) => isProfile(each, profile, given));
    const others = given.filter((profile) => !own.includes(profile)).map(({ name }) => name);
    const names = new Set(own.map(({ name }) => name).filter((name) => !others.includes(name)));
    const read = isName ? undefined : found;
    return { text, given: own, names: [...names], images: read?.images ?? [], charts: read?.charts ?? [] };
  });
}

/** A name of a given profile comes before a file of that name. */
function isProfile(
  { text, found }: NamedProfile,
  profile: ProfileName,
  given: readonly ProfileName[],
): boolean {
  if (given.some(({ name }) => name === text)) return profile.name === text;
  return (found?.profiles ?? []).some(
    ({ name, version }) => name === profile.name && version === profile.version,
  );
}

function notFound(text: string, given: readonly ProfileName[], error: unknown): unknown {
  if (!(error instanceof PaletteEdgeError)) return error;
  if (error.code !== 'FILE_NOT_FOUND') {
    const { code, message, kind, suggestions, details } = error;
    const told = `--exclude-profile ${text}: ${message}`;
    return new PaletteEdgeError(code, told, { kind, cause: error, suggestions, details });
  }
  const names = given.map(({ name }) => name).join(', ') || 'none';
  return new PaletteEdgeError(
    'PROFILE_NOT_FOUND',
    `--exclude-profile ${JSON.stringify(text)} is no name of a given profile, no uid, and no file`,
    { kind: 'notFound', cause: error, suggestions: [`Names of the given profiles: ${names}`] },
  );
}
