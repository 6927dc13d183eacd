import { formatByteSize } from '../io/byte-size.ts';
import type { FleetPlanResult, PlannedBundleReport } from '../workflows/fleet-plan.ts';
import { countOf } from './count-of.ts';
import { sitesText } from './fleet-sites-text.ts';
import { textTable } from './text-table.ts';

/** The distinct bundles of a fleet. */
export function fleetPlanView({ sites, bundles, toSites }: FleetPlanResult): string {
  const failures = bundles.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`${name}: ${failure.code}: ${failure.message}`],
  );
  return [
    `${countOf(sites, 'site')}, ${countOf(bundles.length, 'bundle')}`,
    '',
    tableOf(bundles),
    ...(toSites === undefined
      ? []
      : [
          '',
          `to all sites ${formatByteSize(toSites.bytes)}, in full bundles ${formatByteSize(toSites.full)}`,
        ]),
    ...(failures.length === 0 ? [] : ['', 'Not known:', ...failures]),
  ].join('\n');
}

/** Of what no registry was asked there is less to show. */
function tableOf(bundles: readonly PlannedBundleReport[]): string {
  if (bundles.some(({ found, failure }) => found !== undefined || failure !== undefined))
    return textTable(['BUNDLE', 'KIND', 'ID', 'TO CARRY', 'FULL', 'SITES'], bundles.map(rowOf));
  return textTable(
    ['BUNDLE', 'KIND', 'SITES'],
    bundles.map(({ name, kind, sites }) => [name, kind, sitesText(sites)]),
  );
}

function rowOf({ name, kind, found, sites }: PlannedBundleReport): string[] {
  if (found === undefined) return [name, kind, '-', '-', '-', sitesText(sites)];
  const carried = found.isCurrent ? 'nothing' : carriedText(found.bytes);
  return [name, kind, found.id, carried, formatByteSize(found.full), sitesText(sites)];
}

/** What a base lacks that is published, and not here, is known once it is fetched. */
function carriedText(bytes: number | undefined): string {
  return bytes === undefined ? 'less' : formatByteSize(bytes);
}
