import { isNamedIn } from '../oci/origin.ts';
import { withoutQuery } from '../profile/requested-chart.ts';
import type { RequestedChart } from '../profile/requested-chart.ts';

/**
 * Leaves out the charts that excluded profiles ask for, also where another one asks for them too.
 *
 * @param excludedProfiles names of given profiles; other texts name none of them
 * @param others charts of excluded profiles that are not given ones
 */
export function scopeCharts<Chart extends RequestedChart>(
  charts: readonly Chart[],
  excludedProfiles: readonly string[],
  others: readonly RequestedChart[],
): Chart[] {
  const lost = new Set(others.map(keyOf));
  return charts.filter(
    (chart) =>
      !lost.has(keyOf(chart)) && !excludedProfiles.some((profile) => isNamedIn(profile, chart.origins)),
  );
}

function keyOf({ repository, name, version }: RequestedChart): string {
  // A definition keeps no query.
  return JSON.stringify([withoutQuery(repository), name, version]);
}
