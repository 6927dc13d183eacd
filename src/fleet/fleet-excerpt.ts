import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import type { Fleet, FleetSite, SiteOptions } from './fleet.ts';
import { formatState } from './fleet-state.ts';
import type { FleetState, SiteState } from './fleet-state.ts';
import { planFleet } from './plan-fleet.ts';

/** What a job needs of a fleet file and a state, as texts of both. */
export interface FleetExcerpt {
  /** Names of the bundles that the plan of the excerpt has: each as the plan of all has it. */
  readonly bundles: readonly string[];
  readonly fleet: string;
  /** Undefined when no site of it has anything. */
  readonly state: string | undefined;
}

/** Characters of the sites of an excerpt, about: far below what a ConfigMap holds. */
const enough = 256 * 1024;

/** Sites of which one stands for all: the same content and options, and of those the same has and chain. */
interface AlikeSites {
  readonly site: FleetSite;
  readonly state: SiteState | undefined;
}

/**
 * Excerpts of a fleet and its state that are as small as jobs can do with: of sites that have and get the same there is one, so that thousands of
 * sites take no more than what differs among them. Sites of different contents are in different excerpts.
 *
 * @param state of all sites
 */
export function fleetExcerpts(fleet: Fleet, state: FleetState): readonly FleetExcerpt[] {
  return [...families(fleet, state)].flatMap((sites) =>
    shares(sites).map((share) => excerptOf(share, fleet, state)),
  );
}

/** By content, then by options, each with its distinct sites. */
function families(fleet: Fleet, state: FleetState): Iterable<readonly (readonly AlikeSites[])[]> {
  const states = new Map(state.sites.map((site) => [site.site, site]));
  const contents = new Map<string, Map<string, Map<string, AlikeSites>>>();
  for (const site of fleet.sites) {
    const { has, chain = 0 } = states.get(site.name) ?? {};
    const content = inMap(contents, site.content.name);
    const alike = inMap(content, canonicalJson(site.options));
    const key = `${has ?? ''} ${chain}`;
    if (!alike.has(key))
      alike.set(key, { site, state: has === undefined ? undefined : { site: site.name, has, chain } });
  }
  return [...contents.values()].map((content) => [...content.values()].map((alike) => [...alike.values()]));
}

function inMap<K, V>(map: Map<string, Map<K, V>>, key: string): Map<K, V> {
  const there = map.get(key) ?? new Map<K, V>();
  map.set(key, there);
  return there;
}

/** Sites with the same options stay together: the bundle of one is the base of another's. */
function shares(all: readonly (readonly AlikeSites[])[]): readonly (readonly AlikeSites[])[][] {
  const made: (readonly AlikeSites[])[][] = [];
  let size = enough;
  for (const alike of all) {
    if (size >= enough) {
      made.push([]);
      size = 0;
    }
    made.at(-1)?.push(alike);
    size += alike.reduce((sum, { state }) => sum + (state === undefined ? 100 : 300), lengthOf(alike));
  }
  return made;
}

function lengthOf([first]: readonly AlikeSites[]): number {
  return first === undefined ? 0 : canonicalJson(first.site.options).length;
}

function excerptOf(share: readonly (readonly AlikeSites[])[], fleet: Fleet, state: FleetState): FleetExcerpt {
  const all = share.flat();
  const had = new Set(all.map((alike) => alike.state?.has));
  const excerpt = {
    // Delta bundles are no bases.
    bundles: state.bundles.filter(({ inventory, base }) => base === undefined && had.has(inventory)),
    sites: all.flatMap((alike) => alike.state ?? []),
  };
  const sites = all.map(({ site }) => site);
  // In pods all bases count as at hand until they are looked for.
  const { bundles } = planFleet({ ...fleet, sites }, excerpt, () => true);
  return {
    bundles: bundles.map(({ name }) => name),
    fleet: fleetText(share, fleet),
    state: excerpt.sites.length > 0 ? formatState(excerpt) : undefined,
  };
}

/** A fleet file: JSON is YAML. */
function fleetText(
  share: readonly (readonly AlikeSites[])[],
  { bundles, bases, state, chainLimit, publish }: Fleet,
): string {
  const contents = new Map(
    share.flat().map(({ site: { content } }) => [content.name, withoutEmpty(content)]),
  );
  const groups = share.flatMap((alike, index) =>
    alike.slice(0, 1).map(({ site: { content, options } }) => ({
      name: `group-${index + 1}`,
      content: content.name,
      ...optionsOf(options),
      sites: alike.map(({ site }) => site.name),
    })),
  );
  const own = withoutEmpty({ bundles, bases, state, chainLimit, publish });
  const fleet = { fleetVersion: 1, ...own, contents: [...contents.values()], groups };
  return `${JSON.stringify(fleet, undefined, 1)}\n`;
}

function optionsOf({ split, iso, ...options }: SiteOptions): Readonly<Record<string, Json>> {
  return withoutEmpty({
    ...options,
    split: split === undefined ? undefined : String(split),
    iso: iso ? true : undefined,
  });
}

/** Without what says nothing, as it would be read. */
function withoutEmpty(fields: Readonly<Record<string, Json | undefined>>): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [[name, value]],
    ),
  );
}
