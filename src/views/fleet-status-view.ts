import { formatByteSize } from '../io/byte-size.ts';
import type { FleetDeliverResult } from '../workflows/fleet-deliver.ts';
import type { FleetForgetResult } from '../workflows/fleet-forget.ts';
import type { FleetStatusResult } from '../workflows/fleet-status.ts';
import { textTable } from './text-table.ts';

/** What sites have, and what is ready for them. */
export function fleetStatusView({ sites }: FleetStatusResult): string {
  return textTable(
    ['SITE', 'GROUP', 'HAS', 'DELTAS', 'READY', 'SIZE'],
    sites.map(({ site, group, has, chain, ready, readyBytes }) => [
      site,
      group,
      has ?? '-',
      String(chain),
      ready ?? '-',
      readyBytes === undefined ? '-' : formatByteSize(readyBytes),
    ]),
  );
}

/** What sites have received. */
export function fleetDeliverView({ delivered }: FleetDeliverResult): string {
  if (delivered.length === 0) return 'Nothing was ready for any site';
  return textTable(
    ['SITE', 'HAS', 'FILE'],
    delivered.map(({ site, id, file }) => [site, id, file]),
  );
}

/** What sites have lost. */
export function fleetForgetView({ forgotten }: FleetForgetResult): string {
  return textTable(
    ['SITE', 'HAD'],
    forgotten.map(({ site, had }) => [site, had ?? '-']),
  );
}
