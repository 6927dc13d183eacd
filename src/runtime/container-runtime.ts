import type { Digest } from '../oci/digest.ts';

/** What images can be loaded into by running a program. */
export type RuntimeName = 'containerd' | 'podman' | 'docker';

/** An image as a runtime is to have it. */
export interface WantedImage {
  /** In full: `docker.io/library/nginx:1.27`, `ghcr.io/org/app@sha256:…`. */
  readonly names: readonly string[];
  /** What the names stand for: an image index, or a manifest. */
  readonly root: Digest;
  /** The config of each platform: what podman and docker call an image's id. */
  readonly configs: readonly Digest[];
  /** Everything that it consists of. */
  readonly blobs: readonly Digest[];
}

/** A container runtime of this machine, which is spoken to through its own program. */
export interface ContainerRuntime {
  readonly name: RuntimeName;
  /** For people: `containerd, namespace k8s.io`. */
  readonly place: string;
  /** Whether an archive may hold one image under one name only. */
  readonly takesOneName: boolean;
  /** Whether it needs the `manifest.json` of `docker save`, which knows one platform. */
  readonly needsDockerArchive: boolean;
  /**
   * Loads an archive while it is made. What the archive throws ends the program, and is thrown.
   *
   * @throws PaletteEdgeError as `runProgram` does
   */
  readonly load: (archive: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<void>;
  /**
   * Asks which names are there, stand for what they should, and have all of its content.
   *
   * @throws PaletteEdgeError as `runProgram` does
   */
  readonly find: (images: readonly WantedImage[], signal: AbortSignal) => Promise<ReadonlySet<string>>;
  /** Gives an image that is there another name, which ends in a tag; undefined where an archive does so. */
  readonly tag?: (name: string, other: string, signal: AbortSignal) => Promise<void>;
  /** What it has by digest; undefined where layers are kept unpacked only, as podman and docker do. */
  readonly content?: RuntimeContent;
}

/** Blobs that a container runtime keeps as registries have them. */
export interface RuntimeContent {
  /**
   * Digests of all that is there.
   *
   * @throws PaletteEdgeError as `runProgram` does
   */
  readonly held: (signal: AbortSignal) => Promise<ReadonlySet<string>>;
  /**
   * The bytes of one. They are not verified.
   *
   * @throws PaletteEdgeError as `runProgram` does
   */
  readonly read: (digest: Digest, signal: AbortSignal) => AsyncIterable<Uint8Array>;
}
