import { readChartArchive } from '../chart/chart-archive.ts';
import type { ChartFiles } from '../chart/chart-archive.ts';
import { readChartMetadata } from '../chart/chart-metadata.ts';
import { missingDependencies } from '../chart/missing-dependencies.ts';
import type { ChartRepositories } from '../chart/chart-repositories.ts';
import { runLimited } from '../io/run-limited.ts';
import { formatOrigin } from '../oci/origin.ts';
import { formatReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { Warning } from '../warning.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import { fetchHttpChart } from './fetch-http-chart.ts';
import { fetchOciChart } from './fetch-oci-chart.ts';
import type { FetchContext } from './fetch-small.ts';
import { toImageFailure } from './image-failure.ts';
import type { ImageFailure } from './image-failure.ts';
import type { PinnedImage } from './pin-images.ts';

/** Where charts come from. */
export interface ChartContext extends FetchContext {
  readonly repositories: ChartRepositories;
  /** Takes what is to be said of a chart that was found. */
  readonly onWarning: (warning: Warning) => void;
}

/** A chart of which everything is in the store. */
export interface PinnedChart {
  readonly image: PinnedImage & Required<Pick<PinnedImage, 'chart'>>;
  /** The `.tgz`. */
  readonly archive: Uint8Array;
  /** As its repository has it: in the index, or as its tag. The chart itself may say otherwise. */
  readonly version: string;
}

/** What pinning gave. */
export interface PinnedCharts {
  /** By name, each once. */
  readonly charts: readonly PinnedChart[];
  readonly failures: readonly ImageFailure[];
  /** Those that are left out now that they are known. */
  readonly leftOut: readonly ChartToPin[];
  /** `CHART_TYPE_UNKNOWN`, `CHART_RENAMED`, `CHART_DEPENDENCY_MISSING`, `CHART_PROVENANCE_UNKNOWN` and `DIGEST_FROM_BUNDLE`. */
  readonly warnings: readonly Warning[];
  /** The same by request, in the order of the requests. */
  readonly outcomes: readonly ChartOutcome[];
}

/** What became of one request. */
export interface ChartOutcome {
  readonly request: ChartToPin;
  /** Undefined when it failed, or is left out. */
  readonly chart?: PinnedChart;
  readonly failure?: ImageFailure;
  readonly isLeftOut?: boolean;
  readonly warnings: readonly Warning[];
}

/** Says whether a chart is left out under the name that it turns out to have. */
export type ChartFilter = (reference: Reference, request: RequestedChart) => boolean;

/** What charts are pinned with. */
export interface PinChartsOptions extends Omit<ChartContext, 'onWarning'> {
  /** Undefined leaves none out. */
  readonly leavesOut?: ChartFilter;
}

/** Each is in memory as a whole. */
const chartsAtOnce = 8;

/**
 * Fetches every chart into the store: the archive, and with it the manifest and config that make it an image. A chart that fails
 * does not stop the others.
 *
 * @throws what is no failure of one chart: a full disk, an interruption, a bug
 */
export async function pinCharts(
  requests: readonly ChartToPin[],
  context: PinChartsOptions,
): Promise<PinnedCharts> {
  const options = { concurrency: chartsAtOnce, signal: context.signal };
  const outcomes = await runLimited(
    requests,
    options,
    async (request, signal) => await pinChart(request, { ...context, signal }),
  );
  const warnings = outcomes.flatMap((outcome) => outcome.warnings);
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  return {
    charts: mergeCharts(outcomes.flatMap(({ chart }) => chart ?? [])),
    failures: failures.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    leftOut: outcomes.filter(({ isLeftOut }) => isLeftOut === true).map(({ request }) => request),
    warnings: warnings.toSorted((left, right) => (left.message < right.message ? -1 : 1)),
    outcomes,
  };
}

async function pinChart(request: ChartToPin, context: PinChartsOptions): Promise<ChartOutcome> {
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning): void => void warnings.push(warning);
  try {
    const chart = await fetchChart(request, { ...context, onWarning });
    if (context.leavesOut?.(chart.image.reference, request) === true)
      return { request, isLeftOut: true, warnings };
    return { request, chart, warnings: [...warnings, ...(await warningsOf(request, chart, context.signal))] };
  } catch (error) {
    const { origins } = request;
    const failure = toImageFailure({ name: chartTitle(request), origins, isChart: true }, error);
    if (!isNoChart(request, failure)) return { request, failure, warnings };
    return { request, isLeftOut: true, warnings: [...warnings, noChart(request, failure)] };
  }
}

/** Registries that want a login often want it for what they do not have, too. One that does not answer says nothing. */
function isNoChart({ isGuess }: ChartToPin, { error }: ImageFailure): boolean {
  return isGuess === true && ['notFound', 'content', 'authentication'].includes(error.kind);
}

function noChart({ repository, name, version, origins }: ChartToPin, { error }: ImageFailure): Warning {
  const place = origins.map(formatOrigin).join('; ');
  const what = `the document does not say whether it is a Helm chart, and there is none at ${repository}/${name}`;
  const advice = `If it is one, add --chart oci://HOST/PATH/${name}:${version}; if it is none, say so in its registry: providerType: pack`;
  return { code: 'CHART_TYPE_UNKNOWN', message: `${place}: ${what} (${error.message}); left out. ${advice}` };
}

async function fetchChart(request: ChartToPin, context: ChartContext): Promise<PinnedChart> {
  return request.repository.startsWith('oci://')
    ? await fetchOciChart(request, context)
    : await fetchHttpChart(request, context);
}

/** A range and an exact version may give the same chart. */
function mergeCharts(charts: readonly PinnedChart[]): PinnedChart[] {
  const byName = new Map<string, PinnedChart>();
  for (const chart of charts) {
    const { image } = chart;
    // Two repositories may differ only in what a name cannot have; the digest tells them apart, and then it is an error.
    const key = `${image.name} ${image.graph.root.digest}`;
    const known = byName.get(key);
    const origins = [...(known?.image.origins ?? []), ...image.origins];
    byName.set(key, { ...chart, image: { ...(known?.image ?? image), origins } });
  }
  return [...byName.values()].toSorted((left, right) => (left.image.name < right.image.name ? -1 : 1));
}

async function warningsOf(
  request: RequestedChart,
  { image, archive }: PinnedChart,
  signal: AbortSignal,
): Promise<Warning[]> {
  const title = formatReference(image.reference);
  const files: ChartFiles = await readChartArchive(archive, title, signal);
  const metadata = readChartMetadata(files, title);
  const missing = missingDependencies(metadata, files);
  const warnings: Warning[] = [];
  if (metadata.name !== request.name) {
    const message = `${chartTitle(request)} calls itself ${metadata.name}; it is bundled as ${title}`;
    warnings.push({ code: 'CHART_RENAMED', message });
  }
  if (missing.length > 0) {
    const what = `needs ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not packaged in it`;
    const advice = 'Helm does not install it without: package it again with helm package --dependency-update';
    warnings.push({ code: 'CHART_DEPENDENCY_MISSING', message: `${chartTitle(request)} ${what}. ${advice}` });
  }
  return warnings;
}
