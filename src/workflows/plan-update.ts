import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Warning } from '../warning.ts';
import type { BuildInput, BuildResources } from './build-input.ts';
import { changedContent, totalOf } from './changed-content.ts';
import type { BlobTotal, ChangedContent } from './changed-content.ts';
import { compareSides } from './diff-bundles.ts';
import type { DiffResult } from './diff-bundles.ts';
import { ExistingBundles } from './existing-bundles.ts';
import { openSharedStores } from './shared-store-opening.ts';
import { prepareBuild } from './prepare-build.ts';
import type { PreparedBuild } from './prepare-build.ts';
import { readOldBundle } from './read-old-bundle.ts';
import type { OldBundle } from './read-old-bundle.ts';
import type { BundleInput } from './with-bundle-source.ts';

/** What an update is planned from. */
export interface UpdateInput {
  /** What the site has: a bundle, or the inventory of one. */
  readonly old: BundleInput;
  /** What the new bundle would be built from. */
  readonly build: Omit<BuildInput, 'isDryRun' | 'hasNoSkip' | 'output' | 'skipMissing'>;
}

/** What would change, and how much has to be carried. Exact, but for the estimate: from manifests, without a layer. */
export interface UpdatePlan {
  readonly before: DiffResult['before'];
  /** The bundle that would be built. */
  readonly after: { readonly name: string; readonly id: string };
  /** Whether nothing would change but, at most, names of bundles and the version of the tool. */
  readonly isSame: boolean;
  readonly changes: readonly ChangedContent[];
  /** Images, companions and charts that stay as they are. */
  readonly unchanged: number;
  /** Of the new bundle. */
  readonly full: BlobTotal;
  /** What the old bundle lacks. */
  readonly toShip: BlobTotal;
  /** Only when the old bundle is squeezed. */
  readonly estimate?: SqueezeEstimate;
  readonly warnings: readonly Warning[];
}

/** What is left of the bytes when the new content squeezes like the old. What patches save is not in it: only layers tell. */
interface SqueezeEstimate {
  /** Bytes of the old bundle by those of the blobs that it stands for. */
  readonly share: number;
  readonly fullBytes: number;
  readonly toShipBytes: number;
}

/**
 * Plans an update: pins what the new bundle would be built from, and compares it with the old one. Manifests and configs are pulled, nothing
 * else; nothing is written but into the store.
 *
 * @throws PaletteEdgeError for an old bundle that cannot be read, and as `prepareBuild` does
 */
export async function planUpdate(
  { old, build }: UpdateInput,
  resources: BuildResources,
  signal: AbortSignal,
): Promise<UpdatePlan> {
  // First: what is wrong with it is told before any registry is asked.
  const before = await readOldBundle(old);
  await using bundles = await ExistingBundles.open(build.existingBundles ?? [], (warning) =>
    resources.listener({ kind: 'warning', warning }),
  );
  const input = { ...build, isDryRun: true, hasNoSkip: true, skipMissing: false, output: undefined };
  await using shared = await openSharedStores(input, resources, signal);
  const prepared = await prepareBuild(input, { ...resources, bundles, shared }, signal);
  const warnings = [...prepared.warnings, ...bundles.warnings, ...shared.warnings];
  return { ...compared(before, prepared), warnings };
}

function compared(
  { side, squeezedShare }: OldBundle,
  { bundlePlan: { id, inventory }, images }: PreparedBuild,
): Omit<UpdatePlan, 'warnings'> {
  const { name } = inventory;
  const { before, isSame, ...differences } = compareSides(side, {
    kind: 'bundle',
    path: '',
    name,
    id,
    inventory,
  });
  const known = new Set(side.inventory.blobs.map(({ digest }) => digest));
  const isNew = ({ digest }: BlobIdentity): boolean => !known.has(digest);
  const changes = changedContent(differences, { inventory, graphs: images.map(({ graph }) => graph), isNew });
  const changed = changes.filter(({ what, change }) => what !== 'file' && change !== 'removed').length;
  const [full, toShip] = [totalOf(inventory.blobs), totalOf(inventory.blobs.filter(isNew))];
  return {
    before,
    after: { name, id },
    isSame,
    changes,
    unchanged: inventory.images.length - changed,
    full,
    toShip,
    ...(squeezedShare === undefined ? {} : { estimate: estimated(squeezedShare, full, toShip) }),
  };
}

function estimated(share: number, full: BlobTotal, toShip: BlobTotal): SqueezeEstimate {
  return {
    share: Math.round(share * 1000) / 1000,
    fullBytes: Math.round(full.bytes * share),
    toShipBytes: Math.round(toShip.bytes * share),
  };
}
