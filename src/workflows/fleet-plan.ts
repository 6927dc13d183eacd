import { canonicalJson } from '../io/canonical-json.ts';
import { runLimited } from '../io/run-limited.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { PlannedBundle } from '../fleet/plan-fleet.ts';
import { totalSize } from '../io/total-size.ts';
import type { Warning } from '../warning.ts';
import type { BuildResources } from './build-input.ts';
import { baseRequestOf, bytesToCarry, findContent } from './fleet-content.ts';
import type { FleetBuildInput, FleetContentFound } from './fleet-content.ts';
import type { LoadedFleet } from './fleet-files.ts';

/** What a fleet is going to need. */
export interface FleetPlanResult {
  /** How many sites there are. */
  readonly sites: number;
  readonly bundles: readonly PlannedBundleReport[];
  /** Bytes of blobs to all sites, and what full bundles would be; undefined unless all are known. */
  readonly toSites?: { readonly bytes: number; readonly full: number } | undefined;
  readonly warnings: readonly Warning[];
}

/** A bundle of the plan. */
export interface PlannedBundleReport {
  readonly name: string;
  readonly content: string;
  readonly sites: readonly string[];
  readonly kind: 'full' | 'delta';
  /** File of the base of a delta bundle. */
  readonly base?: string | undefined;
  /** Undefined when no registry was asked, or when it failed. */
  readonly found?: FoundReport | undefined;
  readonly failure?: { readonly code: string; readonly message: string } | undefined;
}

/** What manifests tell. Bytes are those of blobs: squeezing and patches make it less. */
interface FoundReport {
  readonly id: string;
  /** Whether the sites of the bundle have all of it already. */
  readonly isCurrent: boolean;
  /** Undefined when the base is published, and not here. */
  readonly bytes: number | undefined;
  readonly full: number;
}

/** What planning works with. */
export interface FleetPlanResources {
  readonly build: BuildResources;
  readonly inputOf: (bundle: PlannedBundle) => Promise<FleetBuildInput>;
  /** A folder on a disk, for layers of bases. */
  readonly scratch: string;
}

const asksAtOnce = 2;

/** The plan of a fleet as its files have it: no registry is asked. */
export function plannedOffline({ fleet, plan }: LoadedFleet): FleetPlanResult {
  return {
    sites: fleet.sites.length,
    bundles: plan.bundles.map(reportOf),
    warnings: plan.warnings,
  };
}

/**
 * The plan of a fleet, with what manifests tell of each bundle. Each content is asked for once. What cannot be found out of a bundle is told
 * with it, and does not stop the others.
 *
 * @throws PaletteEdgeError of kind usage for options of a bundle that make no sense; the signal's reason when aborted
 */
export async function planFleetBundles(
  loaded: LoadedFleet,
  resources: FleetPlanResources,
  signal: AbortSignal,
): Promise<FleetPlanResult> {
  const contents = new Map<string, Promise<FleetContentFound>>();
  const find = async (bundle: PlannedBundle, inner: AbortSignal): Promise<PlannedBundleReport> => {
    const input = await resources.inputOf(bundle);
    const key = contentKey(bundle);
    const content = contents.get(key) ?? findContent(input, resources.build, inner);
    contents.set(key, content);
    try {
      const found = await content;
      const base = baseRequestOf(bundle, loaded, resources.scratch);
      const full = totalSize(found.blobs);
      const isCurrent = bundle.base?.inventory === found.inventory;
      const isElsewhere = bundle.base !== undefined && base === undefined;
      const carried = isElsewhere ? undefined : await bytesToCarry(found.blobs, base);
      const bytes = isCurrent ? 0 : carried;
      return { ...reportOf(bundle), found: { id: found.id, isCurrent, bytes, full } };
    } catch (error) {
      if (inner.aborted || !(error instanceof PaletteEdgeError)) throw error;
      return { ...reportOf(bundle), failure: { code: error.code, message: error.message } };
    }
  };
  const bundles = await runLimited(loaded.plan.bundles, { concurrency: asksAtOnce, signal }, find);
  return { ...plannedOffline(loaded), bundles, toSites: totalOf(bundles) };
}

/** What decides what manifests are asked for: not how the bundle is packed. */
function contentKey({ content, options: { arch, map, exclude } }: PlannedBundle): string {
  return canonicalJson({ content, arch, map, exclude });
}

function reportOf({ name, content, sites, base }: PlannedBundle): PlannedBundleReport {
  return {
    name,
    content: content.name,
    sites,
    kind: base === undefined ? 'full' : 'delta',
    base: base?.file,
  };
}

function totalOf(bundles: readonly PlannedBundleReport[]): FleetPlanResult['toSites'] {
  let [bytes, full] = [0, 0];
  for (const { found, sites } of bundles) {
    if (found?.bytes === undefined) return undefined;
    bytes += found.bytes * sites.length;
    full += found.full * sites.length;
  }
  return { bytes, full };
}
