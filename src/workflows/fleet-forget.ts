import { withForgotten } from '../fleet/fleet-state.ts';
import type { LoadedFleet } from './fleet-files.ts';
import { changeState } from './fleet-state-file.ts';
import { requireSite } from './require-site.ts';

/** Sites that have nothing now. */
export interface FleetForgetResult {
  readonly forgotten: readonly {
    readonly site: string;
    /** Id of the bundle that it had; undefined when it had none. */
    readonly had?: string | undefined;
  }[];
}

/**
 * Takes into the state that sites have lost what they had: the next one for each is a full bundle.
 *
 * @throws PaletteEdgeError `FLEET_SITE_UNKNOWN` (kind usage): then nothing is written
 */
export async function forgetSites(loaded: LoadedFleet, sites: readonly string[]): Promise<FleetForgetResult> {
  const known = new Set(loaded.fleet.sites.map(({ name }) => name));
  const names = new Set(sites);
  for (const name of names) requireSite(name, known);
  const ids = new Map(loaded.state.bundles.map(({ inventory, id }) => [inventory, id]));
  const had = new Map(
    loaded.state.sites.flatMap(({ site, has }) => (has === undefined ? [] : [[site, ids.get(has)] as const])),
  );
  await changeState(loaded, (now) => withForgotten(now, names));
  return { forgotten: [...names].map((site) => ({ site, had: had.get(site) })) };
}
