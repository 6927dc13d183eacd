import type { PaletteEdgeError } from '../errors.ts';
import type { OpenBlobOptions } from '../oci/blob-access.ts';
import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../registry/repository-name.ts';

/** A blob that a delta bundle takes from others. */
export interface WantedBlob {
  readonly digest: Digest;
  /** Bytes; undefined where nothing tells: of the layers that patches are against, a delta bundle knows the digests only. */
  readonly size: number | undefined;
  /** Whether it is the manifest of an image, or an image index: registries have those apart from blobs. */
  readonly isManifest: boolean;
  /** References of images that may have it, the likeliest first. */
  readonly images: readonly string[];
}

/** A blob that is there. */
export interface FoundBlob {
  /** Bytes, as far as the place tells. */
  readonly size: number | undefined;
  /** The repository that has it; undefined where there are none, and of manifests. */
  readonly repository?: RepositoryName;
  /**
   * Opens it, or a range of it. A whole one is verified: the iteration throws *instead of* ending.
   *
   * @throws PaletteEdgeError that names the side
   */
  readonly open: (
    blob: { readonly digest: Digest; readonly size: number | undefined },
    options: OpenBlobOptions,
  ) => Promise<AsyncIterable<Uint8Array>>;
}

/** Where blobs of bases may be besides bundles: the registry of a site, the content store of a container runtime. */
export interface BasePlace {
  /** For people: `registry.site:5000/edge`. */
  readonly name: string;
  /**
   * Asks for a blob.
   *
   * @returns undefined when it is not there
   * @throws PaletteEdgeError when the place cannot be asked
   */
  readonly find: (wanted: WantedBlob, signal: AbortSignal) => Promise<FoundBlob | undefined>;
  /** Where it did not let us in so far; what is there is not known. */
  readonly denials?: () => readonly PaletteEdgeError[];
}
