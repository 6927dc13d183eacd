import { chartKey } from '../definition/definition.ts';
import type { DefinedChart } from '../definition/definition.ts';
import { digestOf } from '../oci/digest.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { Warning } from '../warning.ts';
import type { ImageFailure } from './image-failure.ts';
import { definedChartRequest } from './load-definition.ts';
import type { PinnedCharts } from './pin-charts.ts';

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

/** Pins charts that are asked for, and those that somebody added; what is pinned already stays. */
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
    charts: pinned.flatMap(({ charts }) => charts),
    failures: pinned.flatMap(({ failures }) => failures),
    warnings: pinned.flatMap(({ warnings }) => warnings),
  };
}

interface ChartToPin {
  readonly request: RequestedChart;
  readonly chart: WrittenChart;
}

async function pinOne(
  { request, chart }: ChartToPin,
  { before, isUpdate, pinChart }: PinDefinedOptions,
): Promise<DefinedCharts> {
  const old = before.find((other) => chartKey(other) === chartKey(chart));
  if (pinChart === undefined || (old?.digest !== undefined && !isUpdate)) {
    const kept = withVersion(chart, old?.version ?? chart.version, old?.digest ?? chart.digest);
    return { charts: [kept], failures: [], warnings: [] };
  }
  const { charts, failures, warnings } = await pinChart(request);
  const isOci = request.repository.startsWith('oci://');
  const written = charts.map(({ image, archive }) =>
    withVersion(chart, image.chart.version, isOci ? image.graph.root.digest : digestOf(archive)),
  );
  return { charts: written, failures, warnings };
}

/** An update looks for what is wanted, not for the version that was there. */
function wantedRequest(chart: DefinedChart): RequestedChart {
  return definedChartRequest({ ...chart, version: chart.wanted ?? chart.version }, []);
}

function writtenChart({ repository, name, version, digest, origins }: RequestedChart): WrittenChart {
  return { repository: withoutQuery(repository), name, wanted: version, digest, origins };
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
