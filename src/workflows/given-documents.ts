import pLimit from 'p-limit';

import { readProfileAhead } from '../profile/read-profile.ts';
import type { Profile } from '../profile/read-profile.ts';
import type { SourceFile } from '../profile/source-file.ts';
import type { Warning } from '../warning.ts';
import { fetchProfiles } from './fetch-profiles.ts';
import type { FetchedSources, PaletteAccess } from './fetch-profiles.ts';
import { readSourceFile } from './read-source-file.ts';
import type { ImageSources } from './resolve-images.ts';

/** The documents that are given, read as far as that needs no other document. */
export interface GivenDocuments {
  readonly profiles: readonly (() => Profile)[];
  readonly lists: readonly SourceFile[];
  readonly manifests: readonly SourceFile[];
  readonly services: FetchedSources['services'];
  readonly warnings: readonly Warning[];
}

/** What names documents. */
export type GivenNames = Pick<ImageSources, 'profiles' | 'imagesFiles' | 'manifests' | 'palette'>;

/** Names none. */
export const nothingGiven: GivenNames = { profiles: [], imagesFiles: [], manifests: [] };

/**
 * Reads every named document, and asks Palette for those that it has.
 *
 * @throws PaletteEdgeError for files that cannot be read, and as {@link fetchProfiles} does
 */
export async function readGiven(
  names: GivenNames,
  access: PaletteAccess | undefined,
): Promise<GivenDocuments> {
  const [profileFiles, lists, manifests] = await Promise.all([
    readProfiles(names.profiles),
    readAll(names.imagesFiles, 'image list'),
    readAll(names.manifests, 'manifest'),
  ]);
  const { profiles, services, warnings } = await fromPalette(names, access);
  return { profiles: [...profileFiles, ...profiles], lists, manifests, services, warnings };
}

/** Files are read before: a wrong path is told without a call. */
async function fromPalette(
  { palette }: GivenNames,
  access: PaletteAccess | undefined,
): Promise<FetchedSources> {
  if (palette === undefined) return { profiles: [], services: [], warnings: [] };
  if (access === undefined) throw new TypeError('Palette is to be asked, and nobody to ask it');
  return await fetchProfiles(palette, access);
}

/** One after the other, so that few texts are held at once; the next are read from the disk meanwhile. */
async function readProfiles(paths: readonly string[]): Promise<(() => Profile)[]> {
  const limit = pLimit(4);
  return await limit.map(paths, async (path) => readProfileAhead(await readSourceFile(path, 'profile')));
}

async function readAll(paths: readonly string[], what: string): Promise<SourceFile[]> {
  return await Promise.all(paths.map(async (path) => await readSourceFile(path, what)));
}
