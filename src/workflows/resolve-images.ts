import { isPaletteUid } from '../palette-api/palette-uid.ts';
import { requestImages } from '../profile/request-images.ts';
import type { ImageRequests } from '../profile/request-images.ts';
import type { SourceFile } from '../profile/source-file.ts';
import { fetchProfiles } from './fetch-profiles.ts';
import type { FetchedSources, PaletteAccess, PaletteRequest } from './fetch-profiles.ts';
import { readSourceFile } from './read-source-file.ts';
import { scopeImages, wholeScope } from './scope-images.ts';
import type { ImageScope, ScopedRequests } from './scope-images.ts';

/** What the user named as sources of images; paths are as typed. */
export interface ImageSources {
  readonly profiles: readonly string[];
  readonly images: readonly string[];
  readonly imagesFiles: readonly string[];
  readonly manifests: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly macros: ReadonlyMap<string, string>;
  /** What is asked of Palette; undefined for nothing. */
  readonly palette?: PaletteRequest;
  /** What is left out of all that, and renamed; undefined for nothing. */
  readonly scope?: ImageScope;
}

/** Whether something is asked of Palette. */
export function asksPalette({ palette, scope = wholeScope }: ImageSources): boolean {
  return palette !== undefined || scope.excludedProfiles.some(isPaletteUid);
}

/**
 * Reads every named file and resolves it to image references with their origins. Offline, unless something is asked of
 * Palette.
 *
 * @param access needed when something is asked of Palette
 * @throws PaletteEdgeError for files that cannot be read, profiles that cannot be understood, malformed references, and as
 *   {@link fetchProfiles} does
 */
export async function resolveImages(sources: ImageSources, access?: PaletteAccess): Promise<ScopedRequests> {
  const requests = await readSources(sources, access);
  return await scopeImages(requests, sources.scope ?? wholeScope, async (profile) => {
    const { variables, macros } = sources;
    const named = isPaletteUid(profile)
      ? { profiles: [], palette: { profileUids: [profile], services: 'none' as const } }
      : { profiles: [profile] };
    return await readSources(
      { images: [], imagesFiles: [], manifests: [], variables, macros, ...named },
      access,
    );
  });
}

async function readSources(sources: ImageSources, access: PaletteAccess | undefined): Promise<ImageRequests> {
  const [files, lists, manifests] = await Promise.all([
    readAll(sources.profiles, 'profile'),
    readAll(sources.imagesFiles, 'image list'),
    readAll(sources.manifests, 'manifest'),
  ]);
  const fetched = await fromPalette(sources, access);
  const profiles = [...files, ...fetched.profiles];
  const { images, variables, macros } = sources;
  const { services } = fetched;
  const requests = requestImages({ profiles, images, lists, manifests, services, variables, macros });
  return { ...requests, warnings: [...fetched.warnings, ...requests.warnings] };
}

/** Files are read before: a wrong path is told without a call. */
async function fromPalette(
  { palette }: ImageSources,
  access: PaletteAccess | undefined,
): Promise<FetchedSources> {
  if (palette === undefined) return { profiles: [], services: [], warnings: [] };
  if (access === undefined) throw new TypeError('Palette is to be asked, and nobody to ask it');
  return await fetchProfiles(palette, access);
}

async function readAll(paths: readonly string[], what: string): Promise<SourceFile[]> {
  return await Promise.all(paths.map(async (path) => await readSourceFile(path, what)));
}
