import { tmpdir } from 'node:os';

import type { Inventory } from '../bundle/inventory.ts';
import type { BundlePlan } from '../bundle/plan-bundle.ts';
import type { Digest } from '../oci/digest.ts';
import type { IngestReport } from '../store/blob-store.ts';
import type { SharedStores } from '../store-sharing/shared-stores.ts';
import type { Warning } from '../warning.ts';
import { beginWriting } from './begin-writing.ts';
import type { BundleBeingWritten, WrittenBundleFile } from './begin-writing.ts';
import { beginSqueezing } from './begin-squeezing.ts';
import type { BlobBytesEvent, BuildListener } from './build-event.ts';
import type { BuildInput, BuildResources } from './build-input.ts';
import { buildOutputPath } from './build-output-path.ts';
import { writeClusterDefinition } from './cluster-definition.ts';
import type { WrittenClusterDefinition } from './cluster-definition.ts';
import { requireOtherOutput } from './converted-path.ts';
import { ExistingBundles } from './existing-bundles.ts';
import type { ImageSignatures } from './check-image-signatures.ts';
import { damagedWarning, dropDamagedBlobs } from './drop-damaged-blobs.ts';
import { openDeltaBases, requireFolderOfBases } from './delta-bases.ts';
import { failedImagesError, reportFailure } from './image-failure.ts';
import type { ImageFailure, ImageFailureReport } from './image-failure.ts';
import { keptImages } from './kept-images.ts';
import { noteBases } from './note-bases.ts';
import { spaceProblem } from './plan-build.ts';
import type { BuildPlan } from './plan-build.ts';
import { prepareBuild } from './prepare-build.ts';
import type { BuildParts, PreparedBuild } from './prepare-build.ts';
import { openSharedStores } from './shared-store-opening.ts';
import { pullBlobs } from './pull-blobs.ts';
import type { PullReport } from './pull-blobs.ts';

/** What a build did. */
export interface BuildResult {
  /** Undefined after a dry run. */
  readonly bundle: WrittenBundleFile | undefined;
  /** The cluster definition beside the bundle; undefined when none was asked for, and after a dry run. */
  readonly clusterDefinition?: WrittenClusterDefinition;
  /** Id of the key that the bundle is signed with; undefined when it is not. */
  readonly signedWith?: Digest | undefined;
  readonly plan: BuildPlan;
  /** Images in the bundle and their companions, sorted by reference. */
  readonly images: Inventory['images'];
  /** Who has signed the images; undefined when nothing was asked of any. */
  readonly imageSignatures?: ImageSignatures | undefined;
  /** Images that are not in the bundle (`--skip-missing`). */
  readonly failures: readonly ImageFailureReport[];
  readonly warnings: readonly Warning[];
  readonly statistics: BuildStatistics;
}

/** Figures about a build; the only part of its result that differs from run to run. */
interface BuildStatistics {
  readonly bytesPulled: number;
  readonly bytesReused: number;
  /** From shared stores; undefined when none was named. */
  readonly bytesFromSharedStores?: number;
  /** Into shared stores, in vain as well; undefined when none was named. */
  readonly bytesIntoSharedStores?: number;
  readonly retries: number;
  readonly seconds: number;
}

/**
 * Builds a bundle: resolve, pin, plan, pull, write.
 *
 * Images that fail are collected. Without `skipMissing` they end the build after all were tried, and nothing is written.
 *
 * @throws PaletteEdgeError `NO_IMAGES`, `IMAGES_FAILED`, `NOT_ENOUGH_SPACE`, and those of the stages
 */
export async function buildBundle(
  input: BuildInput,
  resources: BuildResources,
  signal: AbortSignal,
): Promise<BuildResult> {
  const started = resources.now();
  let pulledBytes = 0;
  // Counted as they come: what a blob that failed in the end had cost is part of it.
  const listener: BuildListener = (event) => {
    if (event.kind === 'blob-bytes' && isFromRegistry(event)) pulledBytes += event.count;
    resources.listener(event);
  };
  await using bundles = await ExistingBundles.open(input.existingBundles ?? [], (warning) =>
    listener({ kind: 'warning', warning }),
  );
  await using opened = await openDeltaBases(input.bases);
  if (!input.isDryRun) await requireFolderOfBases(input.bases, opened);
  await using shared = await openSharedStores(input, { ...resources, listener }, signal);
  const counted = { ...resources, listener, bundles, shared, bases: opened.bases };
  const prepared = await prepareBuild(input, counted, signal);
  const { plan, warnings } = prepared;
  const { taken } = shared.bytes;
  await requireOtherOutput(plan.bundle.path, opened.bundles);
  const problem = spaceProblem(plan);
  if (problem !== undefined && !input.isDryRun) throw problem;
  if (!input.isDryRun) await noteBases(prepared.store, opened.bases);
  const context = { input, resources: counted, signal };
  const done = input.isDryRun
    ? nothingDone(prepared)
    : await repairingStore(prepared, context, async () => await pullAndWrite(prepared, context));
  if (!input.isDryRun) await finishSharing(prepared, counted);
  return {
    bundle: done.bundle,
    clusterDefinition: await besideBundle(done, prepared),
    signedWith: input.privateKey?.publicKey.id,
    plan,
    images: done.images,
    imageSignatures: prepared.signatures,
    failures: done.failures.map(reportFailure),
    warnings: [...warnings, ...bundles.warnings, ...shared.warnings, ...warningsOf(done, problem)],
    statistics: {
      bytesPulled: prepared.received + pulledBytes,
      // What was pinned just now is in the store when the rest is pulled.
      bytesReused: Math.max(0, done.pulled.reused - prepared.received - taken),
      ...sharedStatistics(shared),
      retries: prepared.retries(),
      seconds: Math.round(resources.now() - started) / 1000,
    },
  };
}

function isFromRegistry({ isFromBundle, isFromSharedStore }: BlobBytesEvent): boolean {
  return isFromBundle !== true && isFromSharedStore !== true;
}

/** The bundle is there by now, whatever becomes of this. */
async function finishSharing(
  { bundlePlan, queue }: PreparedBuild,
  { shared, listener }: BuildParts,
): Promise<void> {
  if (shared === undefined || shared.count === 0) return;
  if (shared.pending > 0) listener({ kind: 'sharing', blobs: shared.pending });
  const blobs = queue.map(({ blob }) => blob);
  await shared.finish(bundlePlan.id, blobs);
}

function sharedStatistics({
  count,
  bytes,
}: SharedStores): Pick<BuildStatistics, 'bytesFromSharedStores' | 'bytesIntoSharedStores'> {
  return count === 0 ? {} : { bytesFromSharedStores: bytes.taken, bytesIntoSharedStores: bytes.put };
}

/** Of a dry run the plan is wanted, above all when there is something wrong with it. */
function warningsOf({ repairs, warnings }: DoneBuild, problem: Warning | undefined): Warning[] {
  return [...repairs, ...warnings, ...(problem === undefined ? [] : [problem])];
}

async function besideBundle(
  { bundle }: DoneBuild,
  { clusterDefinition }: PreparedBuild,
): Promise<WrittenClusterDefinition | undefined> {
  // It is in the bundle: beside one that is encrypted nobody is to read it.
  if (bundle === undefined || bundle.encrypted !== undefined) return undefined;
  if (clusterDefinition === undefined) return undefined;
  return await writeClusterDefinition(clusterDefinition, bundle.path);
}

/** What the second half of a build did. */
interface DoneBuild extends Pick<BuildResult, 'bundle' | 'images'> {
  /** Told of blobs of the store that were damaged. */
  readonly repairs: readonly Warning[];
  /** Told of companions that could not be pulled. */
  readonly warnings: readonly Warning[];
  readonly failures: readonly ImageFailure[];
  readonly pulled: Pick<PullReport, 'reused'>;
}

interface BuildContext {
  readonly input: BuildInput;
  readonly resources: BuildParts;
  readonly signal: AbortSignal;
}

function nothingDone({ bundlePlan, failures }: PreparedBuild): DoneBuild {
  const { images } = bundlePlan.inventory;
  return { bundle: undefined, images, failures, repairs: [], warnings: [], pulled: { reused: 0 } };
}

/** All that are damaged are found the first time; a disk that damages more meanwhile is broken. */
const maximumRepairs = 3;

/**
 * A damaged blob is found when the bundle is written, and is then no longer in the store: once more, and it is pulled. What a
 * registry gives wrong is a failed image, and does not come here.
 */
async function repairingStore(
  { store, queue }: PreparedBuild,
  { resources, signal }: BuildContext,
  work: () => Promise<Omit<DoneBuild, 'repairs'>>,
): Promise<DoneBuild> {
  const repairs: Warning[] = [];
  for (let attempt = 0; ; attempt += 1) {
    try {
      return { ...(await work()), repairs };
    } catch (error) {
      if (attempt >= maximumRepairs) throw error;
      const first = damagedWarning(error);
      const blobs = queue.map(({ blob }) => blob);
      const damaged = [first, ...(await dropDamagedBlobs(blobs, store, signal))];
      for (const warning of damaged) resources.listener({ kind: 'warning', warning });
      repairs.push(...damaged);
    }
  }
}

/**
 * Pulls, and meanwhile writes what has arrived. When an image fails, the bundle that was begun is of no use: it is given up,
 * and with `skipMissing` another one is written without the image.
 */
async function pullAndWrite(
  prepared: PreparedBuild,
  context: BuildContext,
): Promise<Omit<DoneBuild, 'repairs'>> {
  const { images, requested, bundlePlan } = prepared;
  const writing = begin(bundlePlan, prepared, context);
  const pulled = await pull(prepared, writing, context);
  const kept = keptImages(images, pulled.failed);
  const failures = [...prepared.failures, ...kept.failures];
  const warnings = kept.warnings;
  if (kept.images.length === images.length) {
    return {
      bundle: await writing.finish(),
      images: bundlePlan.inventory.images,
      failures,
      warnings,
      pulled,
    };
  }
  await writing.abort();
  const isFailure = kept.failures.length > 0 && !context.input.skipMissing;
  if (isFailure || kept.images.length === 0) {
    throw failedImagesError(failures, requested, context.input.hasNoSkip);
  }
  for (const warning of warnings) context.resources.listener({ kind: 'warning', warning });
  const keptPlan = prepared.planBundleOf(kept.images);
  const again = begin(keptPlan, prepared, context);
  for (const { digest } of keptPlan.inventory.blobs) again.arrive(digest, { isHashed: false });
  return { bundle: await again.finish(), images: keptPlan.inventory.images, failures, warnings, pulled };
}

function begin(plan: BundlePlan, { store, files }: PreparedBuild, context: BuildContext): BundleBeingWritten {
  const { input, resources, signal } = context;
  const { listener, hasher } = resources;
  // With some images left out it is another bundle, with another id.
  const { squeeze, split, encryption, compressionLevel } = input;
  const path = buildOutputPath(input, plan);
  const options = {
    blobs: files.over(store),
    path,
    split,
    encryption,
    compressionLevel,
    hasher,
    signal,
    listener,
  };
  const { tool, known, bases } = resources;
  const squeezing = { ...options, effort: squeeze ?? 'balanced', tool, known };
  if (bases !== undefined)
    return beginSqueezing(plan, { ...squeezing, delta: { bases, folder: input.bases?.folder ?? tmpdir() } });
  if (squeeze !== undefined) return beginSqueezing(plan, squeezing);
  const writing = beginWriting(plan, options);
  // They are where they are.
  for (const { digest } of files.files) writing.arrive(digest, { isHashed: false });
  return writing;
}

async function pull(
  { registry, store, queue, plan }: PreparedBuild,
  writing: BundleBeingWritten,
  { resources }: BuildContext,
): Promise<PullReport> {
  const { listener, concurrency, bundles, shared } = resources;
  listener({ kind: 'pulling', total: bytesToMove(plan) });
  const onBlob = (digest: Digest, { reused }: IngestReport): void =>
    writing.arrive(digest, { isHashed: !reused });
  return await writing.whileWriting(
    async (signal) =>
      await pullBlobs(queue, { registry, store, bundles, shared, concurrency, signal, listener, onBlob }),
  );
}

function bytesToMove({ bytesToPull, bytesInBundles = 0, bytesInSharedStores = 0 }: BuildPlan): number {
  return bytesToPull + bytesInBundles + bytesInSharedStores;
}
