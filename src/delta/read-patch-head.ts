import { invalidPatch, unsupportedPatch } from './invalid-patch.ts';
import { readPatchBytes } from './patch-bytes.ts';
import type { PatchBytes } from './patch-bytes.ts';
import { mostOldTars, patchMagic, patchVersion } from './patch-format.ts';

/**
 * The sizes in bytes that the old tars must have, in their order (docs/delta-patch.md, "Format").
 *
 * @param count how many old tars there are
 * @throws PaletteEdgeError PATCH_INVALID when it is no patch, or one for another number of old tars; PATCH_UNSUPPORTED when it is of a
 * later version
 */
export async function readPatchHead(patch: PatchBytes, count: number): Promise<readonly number[]> {
  const magic = await patch.bytes(patchMagic.length);
  if (Buffer.compare(magic, patchMagic) !== 0) throw invalidPatch('it does not begin as a patch does');
  const version = await patch.number();
  if (version !== patchVersion) throw unsupportedPatch(version);
  const named = await patch.number();
  if (named > mostOldTars || named !== count) {
    throw invalidPatch(`it is made for ${named} old tars, and there are ${count}`);
  }
  const sizes: number[] = [];
  while (sizes.length < count) sizes.push(await patch.number());
  return sizes;
}

/** As {@link readPatchHead}, of a patch that nothing else is read of. What it throws is passed on. */
export async function oldSizesOf(
  patch: AsyncIterable<Uint8Array>,
  count: number,
): Promise<readonly number[]> {
  await using bytes = readPatchBytes(patch);
  return await readPatchHead(bytes, count);
}
