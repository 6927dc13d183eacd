import { isVersionRange } from '../chart/choose-version.ts';
import type { PaletteEdgeError } from '../errors.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';
import type { Warning } from '../warning.ts';
import type { DefinedCharts, FoundCharts, PinDefinedOptions } from './pin-defined-charts.ts';
import { asPinned, isOfRegistry, writtenTitle } from './written-chart.ts';
import type { WrittenChart } from './written-chart.ts';

/** Adds the one fact that an entry with a digest may lack; version and digest stay, and so does the entry when nobody knows. */
export async function withProvenance(
  chart: WrittenChart,
  request: RequestedChart,
  { pinChart, bundled }: Pick<PinDefinedOptions, 'pinChart' | 'bundled'>,
): Promise<DefinedCharts> {
  const asIs = { charts: [chart], failures: [], warnings: [] };
  const { version, digest, provenance } = chart;
  if (provenance !== undefined || isOfRegistry(chart)) return asIs;
  if (version === undefined || isVersionRange(version)) return asIs;
  const exact = { ...request, version, digest: undefined, pin: digest };
  if (pinChart !== undefined) return asTold(chart, await pinChart(exact));
  const known = await bundled?.(exact);
  return known?.digest === digest ? { ...asIs, charts: [{ ...chart, ...known }] } : asIs;
}

function asTold(chart: WrittenChart, { charts, failures, warnings }: FoundCharts): DefinedCharts {
  const doubts = warnings.filter(({ code }) => code === 'CHART_PROVENANCE_UNKNOWN');
  const [pinned] = charts;
  const isKnown = pinned !== undefined && doubts.length === 0;
  return {
    charts: [isKnown ? { ...chart, provenance: asPinned(chart, pinned).provenance } : chart],
    failures: [],
    warnings: [...doubts, ...failures.map(({ error }) => provenanceUnknown(chart, error))],
  };
}

function provenanceUnknown(chart: WrittenChart, { message: reason }: PaletteEdgeError): Warning {
  const message = `${writtenTitle(chart)}: whether it has a provenance file is not known: ${reason}`;
  return { code: 'CHART_PROVENANCE_UNKNOWN', message };
}
