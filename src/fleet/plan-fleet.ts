import { PaletteEdgeError } from '../errors.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Warning } from '../warning.ts';
import { deltaName, idLength } from './bundle-name.ts';
import type { Fleet, FleetContent, FleetSite, SiteOptions } from './fleet.ts';
import type { FleetState } from './fleet-state.ts';

/** The distinct bundles of a fleet: each is built once. Known without asking anybody. */
export interface FleetPlan {
  /** Sorted by name. */
  readonly bundles: readonly PlannedBundle[];
  readonly warnings: readonly Warning[];
}

/** A bundle that is to be built. */
export interface PlannedBundle {
  /** `CONTENT-KEY`, and `-from-ID` of a delta bundle. At most 63 characters. */
  readonly name: string;
  readonly content: FleetContent;
  readonly options: SiteOptions;
  /** Sorted; empty of a full bundle that is only the base of later ones. */
  readonly sites: readonly string[];
  /** Undefined of a full bundle. */
  readonly base?: PlannedBase | undefined;
  /** How many delta bundles lead to it; 0 of a full one. */
  readonly chain: number;
}

/** What the sites of a delta bundle have. */
interface PlannedBase {
  readonly inventory: Digest;
  /** Of the full bundle. */
  readonly file: string;
}

/** Whether a file is in one of the folders with bundles. */
export type IsAtHand = (file: string) => boolean;

/**
 * Plans a fleet: sites with the same content and options share a bundle, and of those the sites that have the same share a delta bundle. The
 * full bundle is made beside it: the next delta bundle needs it. Pure.
 *
 * A site gets a full bundle when it has nothing yet, when no bundle is at hand of what it has (warning `FLEET_BASE_MISSING`), and after as
 * many delta bundles as the fleet allows.
 *
 * @throws PaletteEdgeError `FLEET_NAMES_COLLIDE` (kind usage)
 */
export function planFleet(fleet: Fleet, state: FleetState, isAtHand: IsAtHand): FleetPlan {
  const states = new Map(state.sites.map((site) => [site.site, site]));
  const bases = wholeBundles(state, isAtHand);
  const plans = new Map<string, Planning>();
  const missing = new Map<Digest, string[]>();
  const nameOf = bundleNames();
  const plan = (bundle: PlannedBundle): void => {
    const planning = plans.get(bundle.name) ?? { bundle, sites: [], chain: 0 };
    requireSame(planning.bundle, bundle);
    planning.sites.push(...bundle.sites);
    // The longest counts: of sites that have the same, some may have come to it in fewer steps.
    planning.chain = Math.max(planning.chain, bundle.chain);
    plans.set(bundle.name, planning);
  };
  for (const site of fleet.sites) {
    const { has, chain } = states.get(site.name) ?? { has: undefined, chain: 0 };
    const base = baseOf(has, bases);
    if (has !== undefined && base === undefined) pushTo(missing, has, site.name);
    const whole = { ...nameOf(site), sites: [site.name], chain: 0 };
    if (base === undefined || chain >= fleet.chainLimit) {
      plan(whole);
      continue;
    }
    const from = digestHex(base.inventory).slice(0, idLength);
    plan({ ...whole, name: deltaName(whole.name, from), base, chain: chain + 1 });
    plan({ ...whole, sites: [] });
  }
  const bundles = [...plans.values()].map(({ bundle, sites, chain }) => ({ ...bundle, sites, chain }));
  return {
    bundles: bundles.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    warnings: [...missing].map(([digest, sites]) => baseMissing(digest, sites)),
  };
}

/** A bundle while sites are added to it. */
interface Planning {
  readonly bundle: PlannedBundle;
  readonly sites: string[];
  chain: number;
}

function pushTo(lists: Map<Digest, string[]>, key: Digest, item: string): void {
  const list = lists.get(key) ?? [];
  list.push(item);
  lists.set(key, list);
}

function baseOf(has: Digest | undefined, bases: ReadonlyMap<Digest, string>): PlannedBase | undefined {
  if (has === undefined) return undefined;
  const file = bases.get(has);
  return file === undefined ? undefined : { inventory: has, file };
}

type Named = Pick<PlannedBundle, 'name' | 'content' | 'options'>;

/**
 * Names bundles without their bases: of the content as it is told, not as it is found. Thousands of sites share contents and options, which are the same
 * objects for those of one name.
 */
function bundleNames(): (site: Pick<FleetSite, 'content' | 'options'>) => Named {
  const contents = new Map<FleetContent, string>();
  const names = new Map<string, Named>();
  return ({ content, options }) => {
    const text = contents.get(content) ?? canonicalJson(content);
    contents.set(content, text);
    // Canonical JSON of both together.
    const told = `{"content":${text},"options":${canonicalJson(options)}}`;
    const known = names.get(told);
    if (known !== undefined) return known;
    const key = digestHex(digestOf(Buffer.from(told))).slice(0, idLength);
    const named = { name: `${content.name}-${key}`, content, options };
    names.set(told, named);
    return named;
  };
}

/** Keys have 32 bits: of thousands of bundles two may have one. A site would get what is for another one, encrypted to that, even. */
function requireSame(one: PlannedBundle, other: PlannedBundle): void {
  const isSame =
    one.content === other.content &&
    one.options === other.options &&
    one.base?.inventory === other.base?.inventory;
  if (isSame) return;
  throw new PaletteEdgeError(
    'FLEET_NAMES_COLLIDE',
    `two different bundles would be called ${one.name}: of the content ${one.content.name}, as for ${one.sites[0] ?? 'none'}, and of ${other.content.name}, as for ${other.sites[0] ?? 'none'}`,
    { kind: 'usage', suggestions: ['Give one of the contents another name: their keys change with it.'] },
  );
}

function baseMissing(digest: Digest, sites: readonly string[]): Warning {
  const others = sites.length > 1 ? ` and ${sites.length - 1} more` : '';
  return {
    code: 'FLEET_BASE_MISSING',
    message: `the full bundle ${digestHex(digest).slice(0, idLength)} is not at hand, or encrypted, which ${sites[0]}${others} received last: a full one is made`,
  };
}

/** Files of full bundles that can be read here, by their content. */
function wholeBundles({ bundles }: FleetState, isAtHand: IsAtHand): ReadonlyMap<Digest, string> {
  const readable = bundles.filter(
    // Nobody here has the key of what is encrypted for a site.
    ({ file, base }) => base === undefined && !/\.age(?:\.|$)/.test(file) && isAtHand(file),
  );
  // The same one in any order of the lines.
  const sorted = readable.toSorted((left, right) => (left.file > right.file ? -1 : 1));
  return new Map(sorted.map(({ inventory, file }) => [inventory, file]));
}
