import type { Platform } from '../oci/descriptor.ts';
import type { NameMapping } from '../oci/name-mapping.ts';
import type { NamePrefix } from '../oci/name-prefix.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import type { RetryEvent } from '../registry/registry-transport.ts';
import type { OpenRequest } from './open-request.ts';
import type { PushListener } from './push-event.ts';
import type { RestoredLayersOptions } from './restored-layers.ts';

/** What to push, and where. */
export interface PushInput extends OpenRequest {
  /** Bundles; the same one twice is pushed once. */
  readonly paths: readonly string[];
  readonly naming: PushNaming;
  /** Patterns of references in the bundles, see {@link imageGlob}; empty for all images. */
  readonly patterns: readonly string[];
  /** The one platform whose manifest is pushed in place of an image index; undefined for all of it. */
  readonly platform: Platform | undefined;
  readonly isDryRun: boolean;
}

/** What images are called in the registry. */
export interface PushNaming {
  /** The registry, and what stands before the names of all repositories. */
  readonly destination: NamePrefix;
  /** Renames to names in that registry: they count before all else. */
  readonly mappings: readonly NameMapping[];
  /** Whether the registry of each name stays, as the first part of the path. */
  readonly keepsRegistry: boolean;
}

/** The parts a push works with. */
export interface PushResources {
  readonly createPusher: (onRetry: (event: RetryEvent) => void) => RegistryPusher;
  /** Where layers of squeezed bundles are kept of which parts are sent, and how many bytes of them. */
  readonly restored: RestoredLayersOptions;
  /** Requests at a time. */
  readonly concurrency: number;
  readonly listener: PushListener;
  /** Milliseconds of any one clock. */
  readonly now: () => number;
}
