import { isPaletteUid } from '../palette-api/palette-uid.ts';
import type { Discoveries } from '../profile/discover-images.ts';
import { MacroResolver } from '../profile/macro-resolver.ts';
import { requestCharts } from '../profile/request-charts.ts';
import type { ChartRequests } from '../profile/request-charts.ts';
import { collectRequests, finishRequests } from '../profile/request-images.ts';
import type { CollectedRequests } from '../profile/request-images.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { SourceFile } from '../profile/source-file.ts';
import type { Warning } from '../warning.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import { discover } from './discover-images.ts';
import type { ChartAtHand, DiscoveryOptions } from './discover-images.ts';
import { fetchProfiles } from './fetch-profiles.ts';
import type { FetchedSources, PaletteAccess, PaletteRequest } from './fetch-profiles.ts';
import { definitionCharts, definitionRequests } from './load-definition.ts';
import type { LoadedDefinition } from './load-definition.ts';
import { readSourceFile } from './read-source-file.ts';
import { refuseWarnings } from './refuse-warnings.ts';
import { scopeCharts } from './scope-charts.ts';
import { scopeImages, wholeScope } from './scope-images.ts';
import type { ImageScope, PinnableRequests, ScopedRequests } from './scope-images.ts';

/** What the user named as sources of images; paths are as typed. */
export interface ImageSources {
  readonly profiles: readonly string[];
  readonly images: readonly string[];
  readonly imagesFiles: readonly string[];
  readonly manifests: readonly string[];
  /** As `--chart` takes them; none when undefined. */
  readonly charts?: readonly string[];
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
export type ResolvedImages = ScopedRequests &
  Pick<Discoveries, 'discovered' | 'skipped'> &
  Pick<ChartRequests, 'charts'>;

/** Charts to look into for images, and what is to be said of them. */
export interface FetchedCharts {
  readonly charts: readonly ChartAtHand[];
  readonly warnings: readonly Warning[];
}

/** Fetches the charts that are asked for. */
export interface ChartSource {
  /** Keeps to itself what could not be fetched. */
  fetch(charts: readonly ChartToPin[]): Promise<FetchedCharts>;
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
  source: ChartSource = noCharts,
): Promise<ResolvedImages> {
  const { definition, scope = wholeScope } = sources;
  const lookUp = profileLookup(sources, access);
  const { requests, usedExcludes, ...found } =
    definition === undefined
      ? await readSources(sources, access, { source, lookUp })
      : await readDefinition(definition, sources, { source, lookUp });
  const silentExcludes = [...(scope.silentExcludes ?? []), ...usedExcludes];
  const scoped = await scopeImages(requests, { ...scope, silentExcludes }, async (profile) =>
    finishRequests((await lookUp(profile)).collected),
  );
  if (sources.isStrict === true) refuseWarnings(scoped.warnings);
  return { ...scoped, ...found };
}

const noCharts: ChartSource = {
  fetch: () => Promise.resolve({ charts: [], warnings: [] }),
  signal: new AbortController().signal,
};
const noDiscovery: DiscoveryOptions = { isIncluded: false, helm: undefined };

interface ReadRequests extends Omit<ResolvedImages, keyof ScopedRequests> {
  readonly requests: PinnableRequests;
  /** Patterns that leave discovered images out. */
  readonly usedExcludes: ReadonlySet<string>;
}

type Lookup = (profile: string) => Promise<CollectedSources>;

interface Readers {
  readonly source: ChartSource;
  readonly lookUp: Lookup;
}

/** Reads a profile that is only named to be left out. Once each: charts are left out before images are. */
function profileLookup({ variables, macros }: ImageSources, access: PaletteAccess | undefined): Lookup {
  const known = new Map<string, Promise<CollectedSources>>();
  return async (profile) => {
    const named = isPaletteUid(profile)
      ? { profiles: [], palette: { profileUids: [profile], services: 'none' as const } }
      : { profiles: [profile] };
    const other = { images: [], imagesFiles: [], manifests: [], variables, macros, ...named };
    const collecting = known.get(profile) ?? collect(other, access);
    known.set(profile, collecting);
    return await collecting;
  };
}

async function readSources(
  sources: ImageSources,
  access: PaletteAccess | undefined,
  { source, lookUp }: Readers,
): Promise<ReadRequests> {
  const { collected, fetched } = await collect(sources, access);
  const { scope = wholeScope, discovery = noDiscovery, charts: texts = [] } = sources;
  const asked = requestCharts({ ...collected, texts });
  const charts = await withoutExcluded(asked.charts, { scope, given: collected.profiles, lookUp });
  const atHand = await source.fetch(charts);
  const parts = { ...discovery, charts: atHand.charts, signal: source.signal, excludes: scope.excludes };
  const { warnings, ...found } = await discover(collected, parts);
  const requests = finishRequests(collected);
  const further = [...asked.warnings, ...atHand.warnings, ...warnings];
  const all = [...fetched.warnings, ...requests.warnings, ...further];
  return { requests: { ...requests, warnings: all }, ...found, charts };
}

/** A definition names all images; charts may be added to it. */
async function readDefinition(
  definition: LoadedDefinition,
  { charts: texts = [], variables, macros, scope = wholeScope }: ImageSources,
  { source, lookUp }: Readers,
): Promise<ReadRequests> {
  const resolver = new MacroResolver({ profiles: [], variables, macros });
  const { charts: added, warnings } = requestCharts({ profiles: [], resolver, texts });
  const given = definition.definition.profiles;
  const named: ChartToPin[] = [...definitionCharts(definition), ...added];
  const charts = await withoutExcluded(named, { scope, given, lookUp });
  const atHand = await source.fetch(charts);
  const requests = definitionRequests(definition, scope.excludedProfiles);
  const all = [...requests.warnings, ...warnings, ...atHand.warnings];
  const nothingFound = { discovered: [], skipped: [], usedExcludes: new Set<string>() };
  return { requests: { ...requests, warnings: all }, ...nothingFound, charts };
}

async function withoutExcluded<Chart extends RequestedChart>(
  charts: readonly Chart[],
  {
    scope: { excludedProfiles },
    given,
    lookUp,
  }: {
    readonly scope: ImageScope;
    readonly given: readonly { readonly name: string }[];
    readonly lookUp: Lookup;
  },
): Promise<Chart[]> {
  if (charts.length === 0) return [];
  const names = new Set(given.map(({ name }) => name));
  const others = await Promise.all(
    excludedProfiles
      .filter((profile) => !names.has(profile))
      .map(async (profile) => requestCharts({ ...(await lookUp(profile)).collected, texts: [] }).charts),
    // What is wrong with it is told when its images are left out.
  ).catch(() => []);
  return scopeCharts(charts, excludedProfiles, others.flat());
}

interface CollectedSources {
  readonly collected: CollectedRequests;
  readonly fetched: FetchedSources;
}

async function collect(sources: ImageSources, access: PaletteAccess | undefined): Promise<CollectedSources> {
  const [profileFiles, lists, manifests] = await Promise.all([
    readAll(sources.profiles, 'profile'),
    readAll(sources.imagesFiles, 'image list'),
    readAll(sources.manifests, 'manifest'),
  ]);
  const fetched = await fromPalette(sources, access);
  const profiles = [...profileFiles, ...fetched.profiles];
  const { images, variables, macros, scope = wholeScope } = sources;
  const { services } = fetched;
  const files = { profiles, lists, manifests, services };
  const silentProfiles = scope.excludedProfiles;
  const collected = collectRequests({ ...files, images, variables, macros, silentProfiles });
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
