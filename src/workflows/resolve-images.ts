import { isPaletteUid } from '../palette-api/palette-uid.ts';
import type { Discoveries } from '../profile/discover-images.ts';
import { MacroResolver } from '../profile/macro-resolver.ts';
import { requestCharts } from '../profile/request-charts.ts';
import type { ChartRequests } from '../profile/request-charts.ts';
import { collectRequests, finishRequests } from '../profile/request-images.ts';
import type { CollectedRequests, RequestInput } from '../profile/request-images.ts';
import type { Definition } from '../definition/definition.ts';
import type { Warning } from '../warning.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import { discover } from './discover-images.ts';
import type { ChartAtHand, DiscoveryOptions } from './discover-images.ts';
import type { PaletteAccess, PaletteRequest } from './fetch-profiles.ts';
import { nothingGiven, readGiven } from './given-documents.ts';
import type { GivenDocuments } from './given-documents.ts';
import { definitionCharts, definitionRequests } from './load-definition.ts';
import type { LoadedDefinition } from './load-definition.ts';
import { keepDiscovered } from './keep-discovered.ts';
import { asDefined } from './pin-defined-charts.ts';
import type { ChartFilter } from './pin-charts.ts';
import { profileLookup } from './profile-lookup.ts';
import { refuseWarnings } from './refuse-warnings.ts';
import { Exclusions } from './scope-exclusions.ts';
import { scopeImages, wholeScope } from './scope-images.ts';
import type { ImageExclusions, ImageScope, PinnableRequests, ScopedRequests } from './scope-images.ts';
import { excludedAmong, findExcluded, isLeftOut } from './scope-profiles.ts';
import type { NamedProfile } from './scope-profiles.ts';

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
  /** Of a definition that is written again: charts that stay as they are pinned, images that were found in charts. */
  readonly before?: Pick<Definition, 'images' | 'charts'>;
}

/** What the sources ask for, and what else they name. */
export type ResolvedImages = ScopedRequests &
  Pick<Discoveries, 'discovered' | 'skipped'> &
  Pick<ChartRequests, 'charts'> & { readonly skippedCharts: ChartRequests['skipped'] };

/** Charts to look into for images, and what is to be said of them. */
export interface FetchedCharts {
  readonly charts: readonly ChartAtHand[];
  /** Those that are left out now that they are known. */
  readonly leftOut: readonly ChartToPin[];
  /** Those that are not at hand. */
  readonly notRead: readonly UnreadChart[];
  readonly warnings: readonly Warning[];
}

/** A chart that is not at hand, and why. */
export interface UnreadChart {
  readonly request: ChartToPin;
  readonly reason: string;
}

/** Fetches the charts that are asked for. */
export interface ChartSource {
  /** Keeps to itself what could not be fetched. */
  fetch(charts: readonly ChartToPin[], leavesOut: ChartFilter): Promise<FetchedCharts>;
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
  const given = await readGiven(definition === undefined ? sources : nothingGiven, access);
  const named = await findExcluded(scope.excludedProfiles, profileLookup(sources, given, access));
  const { requests, excluded, ...found } =
    definition === undefined
      ? await readSources(sources, given, { source, named })
      : await readDefinition(definition, sources, { source, named });
  const scoped = scopeImages(requests, scope, excluded);
  if (sources.isStrict === true) refuseWarnings(scoped.warnings);
  return { ...scoped, ...found };
}

const noCharts: ChartSource = {
  fetch: () => Promise.resolve({ charts: [], leftOut: [], notRead: [], warnings: [] }),
  signal: new AbortController().signal,
};
const nothingBefore: Required<ImageSources>['before'] = { images: [], charts: [] };
const noDiscovery: DiscoveryOptions = { isIncluded: false, helm: undefined };

interface ReadRequests extends Omit<ResolvedImages, keyof ScopedRequests> {
  readonly requests: PinnableRequests;
  readonly excluded: ImageExclusions;
}

interface Readers {
  readonly source: ChartSource;
  readonly named: readonly NamedProfile[];
}

async function readSources(
  sources: ImageSources,
  given: GivenDocuments,
  { source, named }: Readers,
): Promise<ReadRequests> {
  const { scope = wholeScope, discovery = noDiscovery, charts: texts = [], before = nothingBefore } = sources;
  const collected = collect(sources, given, named);
  const profiles = excludedAmong(named, collected.profiles);
  const exclusions = new Exclusions(scope, profiles);
  const asked = requestCharts({ ...collected, texts });
  const toPin = new Map(asked.charts.map((chart) => [asDefined(chart, before.charts), chart]));
  const { charts: pinned, atHand } = await fetchCharts([...toPin.keys()], source, exclusions);
  const { isIncluded } = discovery;
  const kept = keepDiscovered(collected, atHand, { before: before.images, isIncluded });
  const { warnings, ...found } = await discover(collected, {
    ...discovery,
    charts: atHand.charts,
    signal: source.signal,
    isExcluded: (reference, isTagged) => exclusions.leavesOutFound(reference, isTagged),
  });
  const requests = finishRequests(collected, (reference) => exclusions.leavesOutFound(reference, true));
  const moves = pinned.flatMap((chart) => asked.moves.get(toPin.get(chart) ?? chart) ?? []);
  const further = [...asked.warnings, ...moves, ...atHand.warnings, ...kept, ...warnings];
  const all = [...given.warnings, ...requests.warnings, ...further];
  return {
    requests: { ...requests, warnings: all },
    excluded: { profiles, exclusions },
    ...found,
    charts: pinned.map((chart) => toPin.get(chart) ?? chart),
    skippedCharts: asked.skipped,
  };
}

/** A definition names all images; charts may be added to it. */
async function readDefinition(
  definition: LoadedDefinition,
  { charts: texts = [], variables, macros, scope = wholeScope }: ImageSources,
  { source, named }: Readers,
): Promise<ReadRequests> {
  const profiles = excludedAmong(named, definition.definition.profiles);
  const exclusions = new Exclusions(scope, profiles);
  const resolver = new MacroResolver({ profiles: [], variables, macros });
  const { charts: added, warnings, moves } = requestCharts({ profiles: [], resolver, texts });
  const defined = definitionCharts(definition);
  const asked: ChartToPin[] = [...defined.values(), ...added];
  const { charts, atHand } = await fetchCharts(asked, source, exclusions);
  const requests = definitionRequests(definition, {
    excludedProfiles: profiles.flatMap(({ names }) => names),
    isLeftOut: (image) => exclusions.leavesOutFound(image.reference, true),
    isChartLeftOut: (chart) => !charts.some((kept) => kept === defined.get(chart)),
  });
  const moving = charts.flatMap((chart) => moves.get(chart) ?? []);
  const all = [...requests.warnings, ...warnings, ...moving, ...atHand.warnings];
  return {
    requests: { ...requests, warnings: all },
    excluded: { profiles, exclusions },
    discovered: [],
    skipped: [],
    charts,
    skippedCharts: [],
  };
}

/** What is left out is not fetched, as far as its name is known before. */
async function fetchCharts<Chart extends ChartToPin>(
  asked: readonly Chart[],
  source: ChartSource,
  exclusions: Exclusions,
): Promise<{ readonly charts: readonly Chart[]; readonly atHand: FetchedCharts }> {
  const wanted = exclusions.keptCharts(asked);
  const atHand = await source.fetch(wanted, (reference, request) =>
    exclusions.leavesOutFetched(reference, request),
  );
  return { charts: wanted.filter((chart) => !atHand.leftOut.includes(chart)), atHand };
}

function collect(
  { images, variables, macros }: ImageSources,
  { profiles, lists, manifests, services }: GivenDocuments,
  named: readonly NamedProfile[],
): CollectedRequests {
  const isSilent: RequestInput['isSilent'] = (profile, given) => isLeftOut(named, profile, given);
  return collectRequests({ profiles, lists, manifests, services, images, variables, macros, isSilent });
}
