import { formatByteSize } from '../io/byte-size.ts';
import type { FleetBuildResult, FleetBundleResult } from '../workflows/fleet-build.ts';
import { sitesText } from './fleet-sites-text.ts';
import { textTable } from './text-table.ts';

/** What became of each bundle of a fleet. */
export function fleetBuildView({ bundles }: Pick<FleetBuildResult, 'bundles'>): string {
  const failures = bundles.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`${name}: ${failure.code}: ${failure.message}`],
  );
  return [
    textTable(['BUNDLE', 'OUTCOME', 'SIZE', 'FILE', 'SITES'], bundles.map(rowOf)),
    ...(failures.length === 0 ? [] : ['', 'Failed:', ...failures]),
  ].join('\n');
}

/** A line about a bundle that is done. */
export function fleetBundleView({ name, outcome, built, published }: FleetBundleResult): string {
  if (built === undefined) return `${name}: ${outcome}`;
  const place = published === undefined ? '' : `, published as ${published}`;
  return `${name}: ${outcome}, ${formatByteSize(built.bytes)}${place}`;
}

function rowOf({ name, outcome, built, sites }: FleetBundleResult): string[] {
  const size = built === undefined ? '-' : formatByteSize(built.bytes);
  return [name, outcome, size, built?.file ?? '-', sitesText(sites)];
}
