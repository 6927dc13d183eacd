import { chartMediaTypes } from '../chart/chart-artifact.ts';
import type { DefinedChart } from '../definition/definition.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import type { PinnedChart } from './pin-charts.ts';

/** A chart as it is written into a definition. */
export type WrittenChart = Omit<DefinedChart, 'line'>;

/** As messages name it. */
export function writtenTitle({ repository, name, version, wanted = '' }: WrittenChart): string {
  return chartTitle({ repository, name, version: version ?? wanted });
}

/** Whether its digest is that of a manifest, not of an archive. */
export function isOfRegistry({ repository }: Pick<WrittenChart, 'repository'>): boolean {
  return repository.startsWith('oci://');
}

/** The digest of a manifest holds for all that it names; of an HTTP repository it is that of the archive alone. */
export function asPinned(
  chart: WrittenChart,
  { image, version }: Omit<PinnedChart, 'archive'>,
): WrittenChart {
  const { root, blobs } = image.graph;
  if (isOfRegistry(chart)) return withVersion(chart, version, root.digest);
  const digestOf = (type: string) =>
    blobs.find(({ descriptor }) => descriptor.mediaType === type)?.descriptor.digest;
  const provenance = digestOf(chartMediaTypes.provenance) ?? 'none';
  return { ...withVersion(chart, version, digestOf(chartMediaTypes.content)), provenance };
}

/** What is wanted is told only where it is not the version itself. */
export function withVersion(
  chart: WrittenChart,
  version: WrittenChart['version'],
  digest: WrittenChart['digest'],
): WrittenChart {
  const isExact = version !== undefined && (chart.wanted ?? version) === version;
  return { ...chart, wanted: isExact ? undefined : chart.wanted, version, digest };
}
