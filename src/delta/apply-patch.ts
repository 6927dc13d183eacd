import { invalidPatch } from './invalid-patch.ts';
import type { OldTarAccess } from './old-tar.ts';

/** What comes out of a patch, known beforehand. */
export interface PatchLimits {
  /** Bytes of the new tar, exactly. */
  readonly size: number;
}

/**
 * The new tar that a patch makes of the old ones (docs/delta-patch.md). The patch may be hostile: every offset and length is checked
 * before it is used, there is never more than `size` bytes, and at most a few MiB are held at a time. Whether the bytes are the right ones only their
 * digest can say: that is for the caller to check.
 *
 * @param olds the same that the patch was made from, in the same order; their content may be anything
 * @throws PaletteEdgeError PATCH_INVALID when it is no patch, reaches outside the old tars, ends too early, or gives more or less
 * than `size` bytes; PATCH_UNSUPPORTED when it is of a later version. What `patch` and `olds` throw is passed on.
 */
export async function* applyPatch(
  patch: AsyncIterable<Uint8Array>,
  olds: readonly OldTarAccess[],
  limits: PatchLimits,
): AsyncIterable<Uint8Array> {
  for await (const bytes of patch) yield bytes;
  throw invalidPatch(`not read yet: ${olds.length} ${limits.size}`);
}
