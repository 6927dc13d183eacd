import { applySection } from './apply-section.ts';
import { invalidPatch } from './invalid-patch.ts';
import { endsOf } from './old-content.ts';
import type { OldTarAccess } from './old-tar.ts';
import { readPatchBytes, type PatchBytes } from './patch-bytes.ts';
import { mostSectionBytes } from './patch-format.ts';
import { readPatchHead } from './read-patch-head.ts';

/** What comes out of a patch, known beforehand. */
export interface PatchLimits {
  /** Bytes of the new tar, exactly. */
  readonly size: number;
}

/**
 * The new tar that a patch makes of the old ones (docs/delta-patch.md), in pieces of at most 8 MiB. The patch may be hostile: every
 * offset and length is checked before it is used, there are never more than `size` bytes, and about 40 MB are held at a time, or 200
 * when all of a patch is hostile. Whether the bytes are the right ones only their digest can say: that is for the caller to check.
 *
 * @param olds the same that the patch was made from, in the same order; their content may be anything
 * @throws PaletteEdgeError PATCH_INVALID when it is no patch, or one for old tars of other sizes, reaches outside them, ends too
 * early, or gives more or less than `size` bytes; PATCH_UNSUPPORTED when it is of a later version. What `patch` and `olds` throw is
 * passed on.
 */
export async function* applyPatch(
  patch: AsyncIterable<Uint8Array>,
  olds: readonly OldTarAccess[],
  limits: PatchLimits,
): AsyncGenerator<Uint8Array, void, void> {
  await using bytes = readPatchBytes(patch);
  await readHead(bytes, olds);
  const ends = endsOf(olds);
  let position = 0;
  let left = limits.size;
  for (let size = await bytes.number(); size !== 0; size = await bytes.number()) {
    if (size > left) throw invalidPatch(`it gives more than ${limits.size} bytes`);
    if (size > mostSectionBytes) throw invalidPatch(`a section has ${size} bytes`);
    const section = await applySection(bytes, olds, { size, ends, position });
    position = section.position;
    left -= size;
    yield section.bytes;
  }
  if (left > 0) throw invalidPatch(`it gives ${limits.size - left} bytes instead of ${limits.size}`);
  if (!(await bytes.ended())) throw invalidPatch('something follows its end');
}

async function readHead(patch: PatchBytes, olds: readonly OldTarAccess[]): Promise<void> {
  const sizes = await readPatchHead(patch, olds.length);
  for (const [number, old] of olds.entries()) {
    const size = sizes[number];
    if (size === old.size) continue;
    throw invalidPatch(`old tar ${number + 1} must have ${size} bytes, and has ${old.size}`);
  }
}
