import { PaletteEdgeError } from '../errors.ts';
import { withDelivered } from '../fleet/fleet-state.ts';
import type { BuiltBundle, SiteState } from '../fleet/fleet-state.ts';
import { saveState } from './fleet-files.ts';
import type { LoadedFleet } from './fleet-files.ts';

/** What sites have now. */
export interface FleetDeliverResult {
  readonly delivered: readonly { readonly site: string; readonly id: string; readonly file: string }[];
}

/**
 * Takes into the state that sites have received what was ready for them.
 *
 * @param sites undefined for all for which something is ready
 * @throws PaletteEdgeError `FLEET_SITE_UNKNOWN`, `FLEET_NOT_READY` (kind usage): then nothing is written
 */
export async function deliverFleet(
  loaded: LoadedFleet,
  sites: readonly string[] | undefined,
): Promise<FleetDeliverResult> {
  const names = sites === undefined ? readySites(loaded) : [...new Set(sites)];
  const ready = names.map((name) => readyFor(name, loaded));
  let { state } = loaded;
  for (const { site, bundle } of ready) state = withDelivered(state, site, bundle);
  if (ready.length > 0) await saveState(loaded, state);
  return {
    delivered: ready.map(({ site, bundle: { id, file } }) => ({ site: site.site, id, file })),
  };
}

function readySites({ state, fleet }: LoadedFleet): string[] {
  const known = new Set(fleet.sites.map(({ name }) => name));
  const waiting = state.sites.filter(({ site, ready }) => known.has(site) && ready !== undefined);
  return waiting.map(({ site }) => site).toSorted();
}

function readyFor(
  name: string,
  { state, fleet }: LoadedFleet,
): { readonly site: SiteState; readonly bundle: BuiltBundle } {
  if (!fleet.sites.some((site) => site.name === name))
    throw new PaletteEdgeError(
      'FLEET_SITE_UNKNOWN',
      `the fleet has no site ${JSON.stringify(name.slice(0, 80))}`,
      {
        kind: 'usage',
        suggestions: ['palette-edge fleet status FILE lists the sites.'],
      },
    );
  const site = state.sites.find((known) => known.site === name);
  const bundle = state.bundles.find(({ file }) => file === site?.ready);
  if (site !== undefined && bundle !== undefined) return { site, bundle };
  throw new PaletteEdgeError('FLEET_NOT_READY', `nothing is ready for the site ${name}`, {
    kind: 'usage',
    suggestions: ['Build it first: palette-edge fleet build FILE'],
  });
}
