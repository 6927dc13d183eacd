import { isPaletteUid } from '../palette-api/palette-uid.ts';
import type { Discoveries } from '../profile/discover-images.ts';
import { collectRequests, finishRequests } from '../profile/request-images.ts';
import type { CollectedRequests } from '../profile/request-images.ts';
import type { SourceFile } from '../profile/source-file.ts';
import { discover } from './discover-images.ts';
import type { ChartAtHand, DiscoveryOptions } from './discover-images.ts';
import { fetchProfiles } from './fetch-profiles.ts';
import type { FetchedSources, PaletteAccess, PaletteRequest } from './fetch-profiles.ts';
import { definitionRequests } from './load-definition.ts';
import type { LoadedDefinition } from './load-definition.ts';
import { readSourceFile } from './read-source-file.ts';
import { refuseWarnings } from './refuse-warnings.ts';
import { scopeImages, wholeScope } from './scope-images.ts';
import type { ImageScope, PinnableRequests, ScopedRequests } from './scope-images.ts';

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
  /** Names all images, in place of everything above. */
  readonly definition?: LoadedDefinition;
  /** What is left out of all that, and renamed; undefined for nothing. */
  readonly scope?: ImageScope;
  /** Undefined only reads values, and takes nothing in. */
  readonly discovery?: DiscoveryOptions;
  /** Whether warnings are errors. */
  readonly isStrict?: boolean;
}

/** What the sources ask for, and what else they name. */
export type ResolvedImages = ScopedRequests & Pick<Discoveries, 'discovered' | 'skipped'>;

/** Charts to look into for images. */
export interface ChartsAtHand {
  readonly charts: readonly ChartAtHand[];
  readonly signal: AbortSignal;
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
 * @throws PaletteEdgeError for files that cannot be read, profiles that cannot be understood, malformed references, as
 *   {@link fetchProfiles} and {@link discover} do, and `WARNINGS` (kind failure) for any warning when they are errors
 */
export async function resolveImages(
  sources: ImageSources,
  access?: PaletteAccess,
  atHand: ChartsAtHand = noCharts,
): Promise<ResolvedImages> {
  const { definition, scope = wholeScope, variables, macros } = sources;
  const { requests, discovered, skipped } =
    definition === undefined
      ? await readSources(sources, access, atHand)
      : { requests: definitionRequests(definition), discovered: [], skipped: [] };
  const scoped = await scopeImages(requests, scope, async (profile) => {
    const named = isPaletteUid(profile)
      ? { profiles: [], palette: { profileUids: [profile], services: 'none' as const } }
      : { profiles: [profile] };
    const other = { images: [], imagesFiles: [], manifests: [], variables, macros, ...named };
    return finishRequests((await collect(other, access)).collected);
  });
  if (sources.isStrict === true) refuseWarnings(scoped.warnings);
  return { ...scoped, discovered, skipped };
}

async function readSources(
  sources: ImageSources,
  access: PaletteAccess | undefined,
  atHand: ChartsAtHand,
): Promise<{ requests: PinnableRequests } & Pick<Discoveries, 'discovered' | 'skipped'>> {
  const { collected, fetched } = await collect(sources, access);
  const { scope = wholeScope, discovery = noDiscovery } = sources;
  const found = await discover(collected, { ...discovery, ...atHand, excludes: scope.excludes });
  const requests = finishRequests(collected);
  const warnings = [...fetched.warnings, ...requests.warnings, ...found.warnings];
  return { requests: { ...requests, warnings }, discovered: found.discovered, skipped: found.skipped };
}

const noCharts: ChartsAtHand = { charts: [], signal: new AbortController().signal };
const noDiscovery: DiscoveryOptions = { isIncluded: false, helm: undefined };

async function collect(
  sources: ImageSources,
  access: PaletteAccess | undefined,
): Promise<{ collected: CollectedRequests; fetched: FetchedSources }> {
  const [files, lists, manifests] = await Promise.all([
    readAll(sources.profiles, 'profile'),
    readAll(sources.imagesFiles, 'image list'),
    readAll(sources.manifests, 'manifest'),
  ]);
  const fetched = await fromPalette(sources, access);
  const profiles = [...files, ...fetched.profiles];
  const { images, variables, macros } = sources;
  const { services } = fetched;
  const collected = collectRequests({ profiles, images, lists, manifests, services, variables, macros });
  return { collected, fetched };
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
