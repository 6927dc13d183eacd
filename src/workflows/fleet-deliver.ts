import { PaletteEdgeError } from '../errors.ts';
import { withDelivered } from '../fleet/fleet-state.ts';
import type { BuiltBundle } from '../fleet/fleet-state.ts';
import type { LoadedFleet } from './fleet-files.ts';
import { changeState } from './fleet-state-file.ts';
import { requireSite } from './require-site.ts';

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
  const ready = readyBundles(loaded);
  const known = new Set(loaded.fleet.sites.map(({ name }) => name));
  const names = sites === undefined ? waitingSites(loaded, known) : [...new Set(sites)];
  const delivered = new Map(names.map((name) => [name, requireReady(name, known, ready)]));
  const { bundles } = loaded.state;
  if (delivered.size > 0) await changeState(loaded, (now) => withDelivered(now, delivered, bundles));
  return { delivered: [...delivered].map(([site, { id, file }]) => ({ site, id, file })) };
}

function waitingSites({ state }: LoadedFleet, known: ReadonlySet<string>): readonly string[] {
  const waiting = state.sites.filter(({ site, ready }) => known.has(site) && ready !== undefined);
  return waiting.map(({ site }) => site).toSorted();
}

/** By the names of sites. */
function readyBundles({ state: { bundles, sites } }: LoadedFleet): ReadonlyMap<string, BuiltBundle> {
  const files = new Map(bundles.map((bundle) => [bundle.file, bundle]));
  return new Map(
    sites.flatMap(({ site, ready = '' }) => {
      const bundle = files.get(ready);
      return bundle === undefined ? [] : [[site, bundle]];
    }),
  );
}

function requireReady(
  name: string,
  known: ReadonlySet<string>,
  ready: ReadonlyMap<string, BuiltBundle>,
): BuiltBundle {
  requireSite(name, known);
  const bundle = ready.get(name);
  if (bundle !== undefined) return bundle;
  throw new PaletteEdgeError('FLEET_NOT_READY', `nothing is ready for the site ${name}`, {
    kind: 'usage',
    suggestions: ['Build it first: palette-edge fleet build FILE'],
  });
}
