import type { RequestedChart } from '../profile/requested-chart.ts';

/**
 * Leaves out the charts that excluded profiles ask for, also where another one asks for them too.
 *
 * @param excludedProfiles names of given profiles; other texts name none of them
 * @param others charts of excluded profiles that are not given ones
 */
export function scopeCharts(
  charts: readonly RequestedChart[],
  excludedProfiles: readonly string[],
  others: readonly RequestedChart[],
): RequestedChart[] {
  const lost = new Set(others.map(keyOf));
  return charts.filter(
    (chart) =>
      !lost.has(keyOf(chart)) &&
      !chart.origins.some((origin) => origin.kind === 'profile' && excludedProfiles.includes(origin.profile)),
  );
}

function keyOf({ repository, name, version }: RequestedChart): string {
  return JSON.stringify([repository, name, version]);
}
