import { canonicalJson } from '../io/canonical-json.ts';
import type { Digest } from '../oci/digest.ts';

/** What was built, and what sites have: the state file (docs/fleet.md). */
export interface FleetState {
  readonly bundles: readonly BuiltBundle[];
  readonly sites: readonly SiteState[];
}

/** A bundle that was built. A type, as canonical JSON takes only such; so is the next. */
export type BuiltBundle = {
  /** Its name in the plan. */
  readonly bundle: string;
  /** Id of the plain bundle. */
  readonly id: string;
  /** Digest of the inventory of the plain bundle: what tells contents apart. */
  readonly inventory: Digest;
  /** In the folder of bundles: the bundle, or the list of its parts. */
  readonly file: string;
  /** All parts together. */
  readonly bytes: number;
  /** Of the file, in hex; of parts, joined. */
  readonly sha256: string;
  /** Inventory of the plain bundle that it is a delta bundle of; undefined of a full one. */
  readonly base?: Digest | undefined;
  /** How many delta bundles a site has received since the last full one, with this one; 0 of a full one. */
  readonly chain: number;
};

/** A site. */
export type SiteState = {
  readonly site: string;
  /** Inventory of the plain bundle that it received last; undefined before the first. */
  readonly has?: Digest | undefined;
  /** How many delta bundles it received since the last full one. */
  readonly chain: number;
  /** File of the bundle that was built for it and not received yet. */
  readonly ready?: string | undefined;
};

/** Before the first build. */
export const emptyState: FleetState = { bundles: [], sites: [] };

/** The first line of a state file. */
export const stateHead = canonicalJson({ fleetState: 1 });

/**
 * A state as text: one line of canonical JSON for each bundle and each site, sorted, so that changes of different sites are changes of
 * different lines. The same state gives the same bytes.
 */
export function formatState({ bundles, sites }: FleetState): string {
  const lines = [
    ...bundles.toSorted((left, right) => (left.file < right.file ? -1 : 1)),
    ...sites.toSorted((left, right) => (left.site < right.site ? -1 : 1)),
  ];
  return `${[stateHead, ...lines.map(canonicalJson)].join('\n')}\n`;
}

/** What was built as lines of JSON: `fleet collect` takes them into a state elsewhere. Empty when nothing was. */
export function factsText(results: readonly { readonly built?: BuiltBundle | undefined }[]): string {
  return results.flatMap(({ built }) => (built === undefined ? [] : [canonicalJson(built)])).join('\n');
}

/** What was built, and the sites that it was built for. */
export interface BuiltForSites {
  readonly built: BuiltBundle;
  readonly sites: readonly string[];
}

/**
 * Takes what was built into a state: it is ready for the sites that it was built for, if they have what they had then. A site that has received something
 * since could do nothing with a delta bundle, and needs no bundle of what it has.
 */
export function withBuilt(state: FleetState, bundles: readonly BuiltForSites[]): FleetState {
  const files = new Map(state.bundles.map((bundle) => [bundle.file, bundle]));
  const sites = new Map(state.sites.map((site) => [site.site, site]));
  for (const { built, sites: names } of bundles) {
    files.set(built.file, built);
    for (const name of names) {
      const site = sites.get(name) ?? { site: name, chain: 0 };
      const isOfUse = built.base === undefined ? site.has !== built.inventory : site.has === built.base;
      if (isOfUse) sites.set(name, { ...site, ready: built.file });
    }
  }
  return { bundles: [...files.values()], sites: [...sites.values()] };
}

/**
 * Takes into a state that sites have received these bundles.
 *
 * @param known what was known when they were chosen: the state may have lost since what no site seemed to need
 */
export function withDelivered(
  state: FleetState,
  delivered: ReadonlyMap<string, BuiltBundle>,
  known: readonly BuiltBundle[] = [],
): FleetState {
  const sites = new Map(state.sites.map((site) => [site.site, site]));
  for (const [site, { inventory, chain }] of delivered) sites.set(site, { site, has: inventory, chain });
  const bundles = new Map([...known, ...state.bundles].map((bundle) => [bundle.file, bundle]));
  return { bundles: [...bundles.values()], sites: [...sites.values()] };
}

/**
 * Takes into a state that sites have lost what they had. A full bundle that is ready for one stays so, a delta bundle is of no use to it any more.
 */
export function withForgotten(state: FleetState, names: ReadonlySet<string>): FleetState {
  const full = new Set(state.bundles.filter(({ base }) => base === undefined).map(({ file }) => file));
  const sites = state.sites.flatMap(({ site, ready, ...rest }) => {
    if (!names.has(site)) return [{ site, ready, ...rest }];
    return ready !== undefined && full.has(ready) ? [{ site, chain: 0, ready }] : [];
  });
  return { bundles: state.bundles, sites };
}

/** Leaves out sites that are no longer in the fleet, and bundles with what no site has or waits for. */
export function withoutUnused(state: FleetState, names: ReadonlySet<string>): FleetState {
  const sites = state.sites.filter(({ site }) => names.has(site));
  const ready = new Set(sites.map((site) => site.ready));
  const waited = state.bundles.filter(({ file }) => ready.has(file)).map(({ inventory }) => inventory);
  const kept = new Set([...sites.map(({ has }) => has), ...waited]);
  return { bundles: state.bundles.filter(({ inventory }) => kept.has(inventory)), sites };
}
