import type { OldTar } from './old-tar.ts';

/** What a patch is made of. All in bytes; `copied + changed + inserted` is the size of the new tar. */
export interface PatchSummary {
  /** Bytes of the new tar that are taken from an old one as they are. */
  readonly copied: number;
  /** Bytes of the new tar that the patch says by how much they differ from those of an old one. */
  readonly changed: number;
  /** Bytes of the new tar that are in the patch. */
  readonly inserted: number;
  /** The patch itself, before it is compressed. */
  readonly patch: number;
}

/** Takes a new tar in pieces of any size; the pieces may be used again afterwards. */
export interface PatchWriter {
  write(newTar: Uint8Array): void;
  /** Writes what is left. Nothing can be written afterwards. */
  finish(): PatchSummary;
}

/**
 * Describes a new tar by what is different from old ones (docs/delta-patch.md). The patch gives back every byte of it, whatever it
 * holds: a tar that cannot be read as one is just bytes. Equal tars, old and new, give equal patches, in whatever pieces they come.
 *
 * Reads the old tars once from beginning to end before it returns, and again where the new one is like them. Needs about 200 MB, of
 * any size of tar. A patch of a tar that is like nothing is at most 0.1 % larger than the tar, and a few bytes.
 *
 * @param olds at most 255; their order matters to {@link applyPatch}
 * @param sink gets the patch in pieces, which it may keep: it is not compressed and wants to be
 * @throws RangeError for more old tars than can be named, and for an old tar that ends before its size
 */
export function createPatchWriter(olds: readonly OldTar[], sink: (bytes: Uint8Array) => void): PatchWriter {
  throw new Error(`not written yet: ${olds.length} ${sink.length}`);
}
