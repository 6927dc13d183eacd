import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';

/** A blob for a shared store, and where its bytes are. */
export interface BlobToShare {
  readonly blob: BlobIdentity;
  /** The store of this machine, as a rule. */
  readonly source: BlobReader;
  /** Whether what is there by this name is known to be damaged: then it is put in its place. */
  readonly isReplacement: boolean;
}

/** Blobs that a bundle is made of: whoever cleans a shared store up is to leave them. */
export interface BlobsToKeep {
  /** Id of the bundle. */
  readonly id: string;
  /** All of them are in the shared store. */
  readonly blobs: readonly BlobIdentity[];
}

/**
 * A place where builders on several machines keep blobs for each other, by digest. What comes from it is believed no more than what comes
 * from a registry: whoever takes a blob verifies it.
 */
export interface SharedStore extends BlobReader {
  /** As it was named: `oci://registry.example.com/cache`. */
  readonly name: string;

  /**
   * Asks for something harmless, with the credentials that blobs will be asked for with.
   *
   * @throws PaletteEdgeError for whatever is wrong with it
   */
  check(signal: AbortSignal): Promise<void>;

  /**
   * Puts a blob in. Nobody sees half of it, whenever this ends; others may put the same one at once.
   *
   * @returns bytes that were sent; 0 when it was there
   * @throws PaletteEdgeError of the other side, or of the source
   */
  put(share: BlobToShare, signal: AbortSignal): Promise<number>;

  /** Sees to it that garbage collection leaves blobs alone, where there is such a thing. */
  keep(kept: BlobsToKeep, signal: AbortSignal): Promise<void>;
}
