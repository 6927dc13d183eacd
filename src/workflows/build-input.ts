import type { Inventory } from '../bundle/inventory.ts';
import type { ChartRepositories } from '../chart/chart-repositories.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { Platform } from '../oci/descriptor.ts';
import type { ClusterDefinitionRequest } from '../palette-api/fetch-cluster-definition.ts';
import type { PaletteClient } from '../palette-api/palette-client.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { SharedStore } from '../store-sharing/shared-store.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import type { PrivateKey } from '../trust/private-key.ts';
import type { ImageSignatureRule } from '../trust/image-signature-keys.ts';
import type { KnownAnalyses } from './analyze-layers.ts';
import type { BuildListener } from './build-event.ts';
import type { FileToBundle } from './bundle-files.ts';
import type { IsoRequest } from './iso-content.ts';
import type { BaseRequest } from './open-with-bases.ts';
import type { ImageSources } from './resolve-images.ts';
import type { SplitRequest } from './split-request.ts';
import type { SqueezeEffort } from './squeeze-effort.ts';

/** What the user asked for. */
export interface BuildInput {
  readonly sources: ImageSources;
  /** The cluster definition that goes into the bundle and beside it; undefined for none. */
  readonly clusterDefinition?: ClusterDefinitionRequest;
  /** Files that go into the bundle as they are. */
  readonly files?: readonly FileToBundle[];
  /** Paths of bundles; what is in them is not pulled. */
  readonly existingBundles?: readonly string[];
  /** Platforms to keep; undefined keeps every platform of every image. */
  readonly platforms: readonly Platform[] | undefined;
  readonly allowMissingPlatform: boolean;
  /** Whether signatures, attestations, SBOMs and other referrers of the images are carried along; false when undefined. */
  readonly includeReferrers?: boolean;
  /** Keys that images have to be signed with; undefined asks nothing of them. */
  readonly imageKeys?: readonly ImageSignatureRule[] | undefined;
  /** Whether to write a bundle without the images that failed. */
  readonly skipMissing: boolean;
  /** Of a command without `--skip-missing`, so that nobody is told to add it. */
  readonly hasNoSkip?: boolean | undefined;
  /** Whether to stop after the plan. */
  readonly isDryRun: boolean;
  /** Names the bundle, with or without `.tar.zst`; undefined derives the name from the profiles. */
  readonly outfile: string | undefined;
  /** Exact path of the bundle; undefined is `content-<id>/core-<name>-<id>.tar.zst` in the working directory, or `squeezed-<id>/core-<name>-<id>.squeezed.tar.zst`. */
  readonly output: string | undefined;
  /** Undefined writes one file. */
  readonly split?: SplitRequest;
  /** Who can read the bundle; undefined writes it as it is. */
  readonly encryption?: AgeRecipients | undefined;
  /** An image that is to be made of the bundle, for the plan; undefined for none. */
  readonly image?: IsoRequest;
  /** zstd level, 1 to 19. */
  readonly compressionLevel: number;
  /** Whether to write a squeezed bundle, and with how much effort; undefined for a plain one. */
  readonly squeeze?: SqueezeEffort | undefined;
  /** Bundles, or their inventories, that the receiver has: makes it a delta bundle. */
  readonly bases?: BaseRequest | undefined;
  /** Signs the bundle; undefined leaves it without a signature. */
  readonly privateKey?: PrivateKey | undefined;
}

/** The parts a build works with. */
export interface BuildResources {
  readonly createRegistryClient: (onRetry: (event: RetryEvent) => void) => RegistryClient;
  /** Called when a chart is asked for. */
  readonly createChartRepositories?: (onRetry: (event: RetryEvent) => void) => ChartRepositories;
  /** Called when something is asked of Palette. */
  readonly createPaletteClient?: () => PaletteClient;
  readonly openStore: () => Promise<BlobStore>;
  /** Asked before registries, and filled with what came from them; none when undefined. */
  readonly sharedStores?: readonly SharedStore[];
  readonly hasher: Hasher;
  /** Blobs in flight from each host. */
  readonly concurrency: number;
  readonly tool: Inventory['tool'];
  /** What was found out about layers when others were squeezed. */
  readonly known?: KnownAnalyses;
  readonly listener: BuildListener;
  /** Milliseconds from any fixed moment; only for the statistics. */
  readonly now: () => number;
}
