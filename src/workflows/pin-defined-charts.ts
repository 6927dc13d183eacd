import { chartMediaTypes } from '../chart/chart-artifact.ts';
import { chartKey } from '../definition/definition.ts';
import type { DefinedChart } from '../definition/definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import { digestOf } from '../oci/digest.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import { chartTitle, withoutQuery } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { Warning } from '../warning.ts';
import type { ImageFailure } from './image-failure.ts';
import { definedChartRequest } from './load-definition.ts';
import type { PinnedChart, PinnedCharts } from './pin-charts.ts';

/** A chart as it is written. */
type WrittenChart = Omit<DefinedChart, 'line'>;

/** Fetches one chart. */
export type ChartPinner = (chart: RequestedChart) => Promise<PinnedCharts>;

/** What decides what is fetched. */
export interface PinDefinedOptions {
  /** The charts that the definition has. */
  readonly before: readonly DefinedChart[];
  /** Whether they are brought to what their repositories have now. */
  readonly isUpdate: boolean;
  /** Undefined when nobody is to be asked. */
  readonly pinChart: ChartPinner | undefined;
}

/** Charts with their exact versions and digests. */
export interface DefinedCharts {
  readonly charts: readonly WrittenChart[];
  readonly failures: readonly ImageFailure[];
  readonly warnings: readonly Warning[];
}

/**
 * Pins charts that are asked for, and those that somebody added; what is pinned already stays.
 *
 * @throws PaletteEdgeError `CHART_CONFLICT` (kind content) for one chart with two contents
 */
export async function pinDefinedCharts(
  requests: readonly RequestedChart[],
  options: PinDefinedOptions,
): Promise<DefinedCharts> {
  const own = options.before.filter(({ origins }) => origins === undefined);
  const ownKeys = new Set(own.map(chartKey));
  const asked = requests.map((request) => ({ request, chart: writtenChart(request) }));
  const all = [
    ...own.map((chart) => ({ request: wantedRequest(chart), chart })),
    ...asked.filter(({ chart }) => !ownKeys.has(chartKey(chart))),
  ];
  const pinned: DefinedCharts[] = [];
  for (const each of all) pinned.push(await pinOne(each, options));
  return {
    charts: mergeCharts(pinned.flatMap(({ charts }) => charts)),
    failures: pinned.flatMap(({ failures }) => failures),
    warnings: pinned.flatMap(({ warnings }) => warnings),
  };
}

/** With and without a digest or a query in its URL it is one chart, and has one entry. */
function mergeCharts(charts: readonly WrittenChart[]): WrittenChart[] {
  return [...Map.groupBy(charts, chartKey).values()].flatMap((same) => {
    const [first, ...others] = same;
    if (first === undefined || others.length === 0) return same;
    const digests = [...new Set(same.flatMap(({ digest }) => digest ?? []))];
    if (digests.length > 1) throw chartConflict(first, digests);
    const origins = same.flatMap((chart) => chart.origins ?? []);
    const digest = digests.at(0);
    return [{ ...first, digest, origins: distinct(origins) }];
  });
}

function distinct(origins: readonly Origin[]): Origin[] {
  return [...new Map(origins.map((origin) => [JSON.stringify(origin), origin])).values()];
}

function chartConflict(
  { repository, name, wanted, version = wanted ?? '', origins = [] }: WrittenChart,
  digests: readonly string[],
): PaletteEdgeError {
  const title = chartTitle({ repository, name, version });
  const place = origins.map(formatOrigin).join('; ');
  return new PaletteEdgeError(
    'CHART_CONFLICT',
    `${title} (${place}) is asked for twice, with different content: ${digests.join(' and ')}`,
    { kind: 'content', suggestions: ['Ask for it once, with the digest that is meant.'] },
  );
}

interface ChartToPin {
  readonly request: RequestedChart;
  readonly chart: WrittenChart;
}

async function pinOne(
  { request, chart }: ChartToPin,
  { before, isUpdate, pinChart }: PinDefinedOptions,
): Promise<DefinedCharts> {
  const old = before.find((other) => chartKey(other) === chartKey(chart) && hasDigest(other, chart.digest));
  const isPinned = old?.digest !== undefined && !isUpdate;
  if (pinChart === undefined || isPinned)
    return { charts: [keptChart(chart, old ?? chart)], failures: [], warnings: [] };
  const { charts, failures, warnings } = await pinChart(request);
  return { charts: charts.map((pinned) => asPinned(chart, pinned)), failures, warnings };
}

/** A digest that is asked for now is not the one that was there before. */
function hasDigest({ digest }: WrittenChart, wanted: WrittenChart['digest']): boolean {
  return wanted === undefined || digest === wanted;
}

function keptChart(chart: WrittenChart, old: WrittenChart): WrittenChart {
  const { version = chart.version, digest = chart.digest, provenance = chart.provenance } = old;
  return { ...withVersion(chart, version, digest), provenance };
}

/** The digest of a manifest holds for all that it names; of an HTTP repository it is that of the archive alone. */
function asPinned(chart: WrittenChart, { image, archive, version }: PinnedChart): WrittenChart {
  const { root, blobs } = image.graph;
  if (isOfRegistry(chart)) return withVersion(chart, version, root.digest);
  const file = blobs.find(({ descriptor }) => descriptor.mediaType === chartMediaTypes.provenance);
  const provenance = file?.descriptor.digest ?? 'none';
  return { ...withVersion(chart, version, digestOf(archive)), provenance };
}

function isOfRegistry({ repository }: Pick<WrittenChart, 'repository'>): boolean {
  return repository.startsWith('oci://');
}

/** An update looks for what is wanted, not for the version that was there. */
function wantedRequest(chart: DefinedChart): RequestedChart {
  return definedChartRequest({ ...chart, version: chart.wanted ?? chart.version }, []);
}

function writtenChart(request: RequestedChart): WrittenChart {
  const { repository, name, version, digest, origins } = request;
  const wantsDigest = digest !== undefined && isOfRegistry(request) ? true : undefined;
  return { repository: withoutQuery(repository), name, wanted: version, digest, wantsDigest, origins };
}

/** What is wanted is told only where it is not the version itself. */
function withVersion(
  chart: WrittenChart,
  version: WrittenChart['version'],
  digest: WrittenChart['digest'],
): WrittenChart {
  const isExact = version !== undefined && (chart.wanted ?? version) === version;
  return { ...chart, wanted: isExact ? undefined : chart.wanted, version, digest };
}
