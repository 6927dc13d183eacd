import { chartReference, chartTag } from '../chart/chart-reference.ts';
import { isExactVersion, isVersionRange } from '../chart/choose-version.ts';
import type { DefinedChart } from '../definition/definition.ts';
import { PaletteEdgeError } from '../errors.ts';
import { imageGlob } from '../oci/image-glob.ts';
import { parseReference } from '../oci/reference.ts';
import type { Reference } from '../oci/reference.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import type { ChartRequest, RequestedChart } from '../profile/requested-chart.ts';

/**
 * The name of a chart in a bundle, as far as it is known before the chart is fetched: of a range of versions without a tag.
 *
 * @returns undefined when it cannot have one: why, is told by whoever fetches it
 */
export function chartNameBefore(chart: ChartRequest): Reference | undefined {
  try {
    return chart.repository.startsWith('oci://') ? nameInRegistry(chart) : nameOfHttpChart(chart);
  } catch (error) {
    if (error instanceof PaletteEdgeError) return undefined;
    throw error;
  }
}

function nameInRegistry({ repository: parent, name, version, digest }: ChartRequest): Reference {
  const { registry, repository } = parseReference(`${parent}/${name}`);
  // A tag need be no version.
  const isTag = isExactVersion(version) || !(/^v?\d/.test(version) || isVersionRange(version));
  return { registry, repository, tag: isTag ? chartTag(version) : undefined, digest };
}

function nameOfHttpChart({ repository, name, version }: ChartRequest): Reference {
  const url = new URL(repository);
  if (isExactVersion(version)) return chartReference(url, { name, version });
  return { ...chartReference(url, { name, version: '0' }), tag: undefined };
}

/** Says which charts of a definition patterns leave out: those that somebody added by hand stay. */
export function definedChartExclusion(
  patterns: readonly string[],
): (chart: Omit<DefinedChart, 'line'>) => boolean {
  const globs = patterns.map((text) => imageGlob(text));
  return ({ repository, name, version, wanted = '', digest, wantsDigest, origins }) => {
    if (origins === undefined) return false;
    const asked = { repository, name, version: version ?? wanted };
    const reference = chartNameBefore(wantsDigest === true ? { ...asked, digest } : asked);
    return reference !== undefined && globs.some(({ matches }) => matches(reference));
  };
}

/** What tells a chart that is asked for from others. A definition keeps no query of a URL. */
export function chartIdentity({ repository, name, version }: RequestedChart): string {
  return JSON.stringify([withoutQuery(repository), name, version]);
}
