import { inventoryId, serializeInventory } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { PlannedBundle } from '../fleet/plan-fleet.ts';
import { totalSize } from '../io/total-size.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { BuildInput, BuildResources } from './build-input.ts';
import { inBases, openDeltaBases } from './delta-bases.ts';
import type { LoadedFleet } from './fleet-files.ts';
import type { BaseRequest } from './open-with-bases.ts';
import { ExistingBundles } from './existing-bundles.ts';
import { openSharedStores } from './shared-store-opening.ts';
import { prepareBuild } from './prepare-build.ts';

/** What a bundle of a fleet is built from; where it goes, and what it is a delta bundle of, is said by the plan. */
export type FleetBuildInput = Omit<BuildInput, 'hasNoSkip' | 'isDryRun' | 'output' | 'skipMissing' | 'bases'>;

/** What a bundle is going to hold, from manifests. */
export interface FleetContentFound {
  /** Id of the plain bundle. */
  readonly id: string;
  readonly inventory: Digest;
  readonly blobs: readonly BlobIdentity[];
}

/**
 * Asks what a bundle is going to hold: manifests and configs are pulled into the store, nothing else.
 *
 * @throws PaletteEdgeError as `prepareBuild` does
 */
export async function findContent(
  build: FleetBuildInput,
  resources: BuildResources,
  signal: AbortSignal,
): Promise<FleetContentFound> {
  await using bundles = await ExistingBundles.open([], () => undefined);
  const input = { ...build, isDryRun: true, hasNoSkip: true, skipMissing: false, output: undefined };
  await using shared = await openSharedStores(input, resources, signal);
  const { bundlePlan } = await prepareBuild(input, { ...resources, bundles, shared }, signal);
  const { inventory } = bundlePlan;
  const bytes = serializeInventory(inventory);
  return { id: inventoryId(bytes), inventory: digestOf(bytes), blobs: inventory.blobs };
}

/** Bytes of the blobs that the base of a bundle lacks; all of a full bundle. Before squeezing, and without what patches save. */
export async function bytesToCarry(
  blobs: readonly BlobIdentity[],
  base: BaseRequest | undefined,
): Promise<number> {
  await using opened = await openDeltaBases(base);
  const isThere = opened.bases === undefined ? () => false : inBases(opened.bases);
  return totalSize(blobs.filter((blob) => !isThere(blob)));
}

/** What a delta bundle is made against, as it is opened; undefined of a full one. */
export function baseRequestOf(
  { base }: Pick<PlannedBundle, 'base'>,
  { pathOf }: Pick<LoadedFleet, 'pathOf'>,
  scratch: string,
): BaseRequest | undefined {
  if (base === undefined) return undefined;
  const path = pathOf(base.file);
  return path === undefined ? undefined : { paths: [path], folder: scratch };
}

/**
 * Refuses a base that is something else than its name and the state say: sites could do nothing with a delta bundle of it.
 *
 * @throws PaletteEdgeError `FLEET_BASE_WRONG` (kind content), or as opening it does
 */
export async function requireBase(
  { name, base }: Pick<PlannedBundle, 'name' | 'base'>,
  request: BaseRequest | undefined,
): Promise<void> {
  if (base === undefined) return;
  await using opened = await openDeltaBases(request);
  const inventories = (opened.bases ?? []).map(({ inventoryBytes }) => digestOf(inventoryBytes));
  if (inventories.length === 1 && inventories[0] === base.inventory) return;
  throw new PaletteEdgeError(
    'FLEET_BASE_WRONG',
    `${name}: ${base.file} is not what its sites have: expected the inventory ${base.inventory}, received ${inventories.join(', ') || 'none'}`,
    {
      kind: 'content',
      suggestions: [
        'Remove the file, and bring the one that was built; the full bundle does for these sites, too.',
      ],
    },
  );
}
