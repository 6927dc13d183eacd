import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import type { Platform } from '../oci/descriptor.ts';

/** Where images are loaded into. */
export type LoadTarget =
  | { readonly kind: 'runtime'; readonly runtime: ContainerRuntime }
  | {
      /** A folder whose archives somebody imports: the images folder of k3s or rke2. */
      readonly kind: 'folder';
      readonly path: string;
    };

/** What is loaded. */
export interface LoadRequest {
  /** Patterns of references; none for all. */
  readonly patterns: readonly string[];
  /** The image of this platform stands for the names; undefined keeps image indexes. */
  readonly platform: Platform | undefined;
  /** Of this machine. */
  readonly hostPlatform: Platform;
  readonly target: LoadTarget;
  /** Take the tars of a squeezed bundle as layers where only the ids of images matter, so that nothing is compressed again. */
  readonly isUncompressed: boolean;
  /** Ask what is there, and stop. */
  readonly isDryRun: boolean;
}

/** Told of the progress of loading; must not throw. */
export interface LoadListener {
  /** @param total bytes that are going to be read */
  readonly onStart: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** What loading needs besides. */
export interface LoadResources {
  readonly listener: LoadListener;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}
