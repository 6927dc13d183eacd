import { PaletteEdgeError } from '../errors.ts';
import { fullNameOf } from '../fleet/bundle-name.ts';
import { withBuilt } from '../fleet/fleet-state.ts';
import type { BuiltBundle } from '../fleet/fleet-state.ts';
import type { PlannedBundle } from '../fleet/plan-fleet.ts';
import { parseLine, readBuilt } from '../fleet/read-state.ts';
import type { Digest } from '../oci/digest.ts';
import type { FleetBundleResult } from './fleet-build.ts';
import type { LoadedFleet } from './fleet-files.ts';
import { changeState } from './fleet-state-file.ts';
import { readSourceFile } from './read-source-file.ts';

/** What was taken into the state. */
export interface FleetCollectResult {
  /** Sorted by name. */
  readonly bundles: readonly FleetBundleResult[];
}

type CollectedBundle = FleetBundleResult & { readonly built: BuiltBundle };

/**
 * Takes into the state what jobs told of the bundles that they built: lines that `fleet build --keep-state` prints, or files `….fleet.json`. The
 * bundles themselves may be elsewhere. A full bundle is for the sites, too, of which no delta bundle is told.
 *
 * @param loaded with all bases, as jobs have them
 * @throws PaletteEdgeError `FLEET_STATE_INVALID` (kind content), `FLEET_BUNDLE_UNKNOWN` (kind usage), or why a file cannot be read: then nothing is written
 */
export async function collectFleet(
  loaded: LoadedFleet,
  paths: readonly string[],
): Promise<FleetCollectResult> {
  const told = new Map<string, CollectedBundle>();
  const plan = new Map(loaded.plan.bundles.map((bundle) => [bundle.name, bundle]));
  const has = new Map(loaded.state.sites.map((site) => [site.site, site.has]));
  for (const path of paths)
    for (const built of await readFacts(path)) told.set(built.file, resultOf(built, { plan, has, path }));
  const names = new Set([...told.values()].map(({ name }) => name));
  const bundles = [...told.values()]
    .map((result) => ({
      ...result,
      sites: [...result.sites, ...sitesWithoutDelta(result, names, loaded)].toSorted(),
    }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  await changeState(loaded, (now) => withBuilt(now, bundles));
  return { bundles };
}

async function readFacts(path: string): Promise<BuiltBundle[]> {
  const { name, text } = await readSourceFile(path, 'file of facts');
  return text.split(/\r?\n/).flatMap((line, index) => {
    const place = `${name}:${index + 1}`;
    return line.trim() === '' ? [] : [readBuilt(parseLine(line, place), place)];
  });
}

interface Told {
  /** By name. */
  readonly plan: ReadonlyMap<string, PlannedBundle>;
  /** By site. */
  readonly has: ReadonlyMap<string, Digest | undefined>;
  readonly path: string;
}

/** As the build would have it: sites that have all of it are not given it again. */
function resultOf(built: BuiltBundle, { plan, has, path }: Told): CollectedBundle {
  const bundle = plan.get(built.bundle);
  if (bundle === undefined || bundle.base?.inventory !== built.base)
    throw new PaletteEdgeError(
      'FLEET_BUNDLE_UNKNOWN',
      `${path}: the plan has no bundle ${built.bundle}: it is of another fleet, or what sites have has changed since`,
      {
        kind: 'usage',
        suggestions: [
          'Collect with the fleet file and the state that the jobs had, and without what jobs of earlier releases told.',
        ],
      },
    );
  const sites = bundle.sites.filter((site) => has.get(site) !== built.inventory);
  return { name: bundle.name, sites, outcome: 'built', built: { ...built, chain: bundle.chain } };
}

/** Sites whose delta bundle was not made, as when its base is gone: the full bundle of the same content does for them. */
function sitesWithoutDelta(
  { name, built }: CollectedBundle,
  told: ReadonlySet<string>,
  { plan, state }: LoadedFleet,
): readonly string[] {
  if (built.base !== undefined) return [];
  const same = state.bundles.filter(({ inventory }) => inventory === built.inventory);
  const files = new Set(same.map(({ file }) => file));
  const served = state.sites.filter(
    ({ has, ready }) => has === built.inventory || (ready !== undefined && files.has(ready)),
  );
  const others = new Set(served.map(({ site }) => site));
  return plan.bundles
    .filter((bundle) => fullNameOf(bundle.name) === name && !told.has(bundle.name))
    .flatMap(({ sites }) => sites.filter((site) => !others.has(site)));
}
