import { chartKey } from '../definition/definition.ts';
import type { DefinedChart } from '../definition/definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { Warning } from '../warning.ts';
import type { BundledChartPin } from './bundled-charts.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import type { ImageFailure } from './image-failure.ts';
import { definedChartRequest } from './load-definition.ts';
import type { PinnedChart, PinnedCharts } from './pin-charts.ts';
import { withProvenance } from './chart-provenance.ts';
import { asPinned, isOfRegistry, withVersion, writtenTitle } from './written-chart.ts';
import type { WrittenChart } from './written-chart.ts';

/** What fetching a chart gave. */
export interface FoundCharts extends Pick<PinnedCharts, 'failures' | 'warnings'> {
  readonly charts: readonly Omit<PinnedChart, 'archive'>[];
}

/** Fetches one chart. */
export type ChartPinner = (chart: ChartToPin) => Promise<FoundCharts>;

/** Says what a chart was when existing bundles were built. */
export type BundledChartSource = (chart: RequestedChart) => Promise<BundledChartPin | undefined>;

/** What decides what is fetched. */
export interface PinDefinedOptions {
  /** The charts that the definition has. */
  readonly before: readonly DefinedChart[];
  /** Whether they are brought to what their repositories have now. */
  readonly isUpdate: boolean;
  /** Undefined when nobody is to be asked. */
  readonly pinChart: ChartPinner | undefined;
  /** Told when nobody is to be asked, or nobody answers; undefined without existing bundles. */
  readonly bundled?: BundledChartSource;
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

function chartConflict(chart: WrittenChart, digests: readonly string[]): PaletteEdgeError {
  const place = (chart.origins ?? []).map(formatOrigin).join('; ');
  return new PaletteEdgeError(
    'CHART_CONFLICT',
    `${writtenTitle(chart)} (${place}) is asked for twice, with different content: ${digests.join(' and ')}`,
    { kind: 'content', suggestions: ['Ask for it once, with the digest that is meant.'] },
  );
}

interface AskedChart {
  readonly request: RequestedChart;
  readonly chart: WrittenChart;
}

async function pinOne(asked: AskedChart, options: PinDefinedOptions): Promise<DefinedCharts> {
  const { request, chart } = asked;
  const { before, isUpdate, pinChart } = options;
  const old = definedBefore(chart, before);
  if (old?.digest !== undefined && !isUpdate)
    return await withProvenance(keptChart(chart, old), request, options);
  if (pinChart === undefined) return await pinOffline(asked, old, options);
  const { charts, failures, warnings } = await pinChart(request);
  const isUnreachable = failures.length > 0 && failures.every(({ error }) => error.kind === 'network');
  const known = isUnreachable ? await chartInBundle(asked, options) : undefined;
  if (known !== undefined) return { charts: [known], failures: [], warnings: [takenFromBundle(known)] };
  return { charts: charts.map((pinned) => asPinned(chart, pinned)), failures, warnings };
}

async function pinOffline(
  asked: AskedChart,
  old: WrittenChart | undefined,
  options: PinDefinedOptions,
): Promise<DefinedCharts> {
  const { request, chart } = asked;
  const known = await chartInBundle(asked, options);
  const isNeverAsked = known === undefined && old === undefined && request.isGuess === true;
  if (isNeverAsked) return { charts: [], failures: [], warnings: [neverAsked(request)] };
  return { charts: [known ?? keptChart(chart, old ?? chart)], failures: [], warnings: [] };
}

function neverAsked(request: RequestedChart): Warning {
  const place = request.origins.map(formatOrigin).join('; ');
  const message = `${place}: whether it is a Helm chart is not known, and its registry was not asked; left out`;
  return { code: 'CHART_TYPE_UNKNOWN', message };
}

/** @returns undefined when no bundle has it, or another one than the digest that is asked for */
async function chartInBundle(
  { request, chart }: AskedChart,
  { bundled }: PinDefinedOptions,
): Promise<WrittenChart | undefined> {
  const known = await bundled?.(request);
  if (known === undefined || !hasDigest(known, chart.digest)) return undefined;
  const { version, digest, provenance } = known;
  return { ...withVersion(chart, version, digest), provenance };
}

function takenFromBundle(chart: WrittenChart): Warning {
  const message = `${writtenTitle(chart)} is taken as it is in an existing bundle, ${chart.digest}: its repository cannot be reached`;
  return { code: 'DIGEST_FROM_BUNDLE', message };
}

/** A digest that is asked for now is not the one that was there before. */
function hasDigest({ digest }: Pick<WrittenChart, 'digest'>, wanted: WrittenChart['digest']): boolean {
  return wanted === undefined || digest === wanted;
}

function definedBefore(chart: WrittenChart, before: readonly DefinedChart[]): DefinedChart | undefined {
  return before.find((other) => chartKey(other) === chartKey(chart) && hasDigest(other, chart.digest));
}

/**
 * A chart that is asked for as the definition has pinned it, which is then sure to be one; as it is when the definition has
 * no digest of it.
 *
 * @param before the charts of the definition
 */
export function asDefined(request: RequestedChart, before: readonly DefinedChart[]): ChartToPin {
  const old = definedBefore(writtenChart(request), before);
  if (old?.digest === undefined) return request;
  const { repository, name, origins, digest } = request;
  const version = old.wantsDigest === true ? request.version : (old.version ?? request.version);
  return { repository, name, version, origins, digest, pin: old.digest, provenance: old.provenance };
}

function keptChart(chart: WrittenChart, old: WrittenChart): WrittenChart {
  const { version = chart.version, digest = chart.digest, provenance = chart.provenance } = old;
  return { ...withVersion(chart, version, digest), provenance };
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
