import type { FleetEmitResult } from '../workflows/fleet-emit.ts';
import { countOf } from './count-of.ts';

/** A line about what was written for an engine. */
export function fleetEmitView({ engine, sites, full, deltas, output }: FleetEmitResult): string {
  const bundles = `${countOf(full, 'full bundle')} and ${countOf(deltas, 'delta bundle')} for ${countOf(sites, 'site')}`;
  return output === undefined ? `For ${engine}: ${bundles}` : `Wrote ${output} for ${engine}: ${bundles}`;
}
