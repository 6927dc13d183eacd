import { copyOldBytes } from './copy-old-bytes.ts';
import { invalidPatch } from './invalid-patch.ts';
import type { OldTarAccess } from './old-tar.ts';
import { takeNumber, type Cursor, type PatchBytes } from './patch-bytes.ts';
import { mostCommandBytes } from './patch-format.ts';
import { readCopies, type CommandLimits, type Copy, type SectionCopies } from './section-copies.ts';

/** What a section gives. */
export interface AppliedSection {
  readonly bytes: Uint8Array;
  /** See {@link CommandLimits}: for the section that follows. */
  readonly position: number;
}

/**
 * Reads what follows the size of a section (docs/delta-patch.md, "Sections"), and makes its bytes.
 *
 * @throws PaletteEdgeError PATCH_INVALID
 */
export async function applySection(
  patch: PatchBytes,
  olds: readonly OldTarAccess[],
  limits: CommandLimits,
): Promise<AppliedSection> {
  const { size } = limits;
  const commandBytes = await numberUpTo(patch, mostCommandBytes(size));
  const gapBytes = await numberUpTo(patch, size);
  const differenceBytes = await numberUpTo(patch, size);
  const sectionCopies = readCopies(await patch.bytes(commandBytes), limits);
  const { copies, copied, position } = sectionCopies;
  const gaps = await patch.bytes(gapBytes);
  const differences = await patch.bytes(differenceBytes);
  const literals = await patch.bytes(size - copied);
  const bytes = new Uint8Array(size);
  putLiterals(bytes, literals, copies);
  await copyOldBytes(bytes, copies, olds);
  addDifferences(bytes, { gaps, differences }, sectionCopies);
  return { bytes, position };
}

async function numberUpTo(patch: PatchBytes, most: number): Promise<number> {
  const value = await patch.number();
  if (value > most) throw invalidPatch(`a section says ${value} where at most ${most} make sense`);
  return value;
}

/** What no copy fills. */
function putLiterals(bytes: Uint8Array, literals: Uint8Array, copies: readonly Copy[]): void {
  let filled = 0;
  let taken = 0;
  const fillUpTo = (end: number): void => {
    bytes.set(literals.subarray(taken, taken + end - filled), filled);
    taken += end - filled;
  };
  for (const { target, length } of copies) {
    fillUpTo(target);
    filled = target + length;
  }
  fillUpTo(bytes.length);
}

/** Before each difference comes its gap: so many bytes of copies stay as they are, over the borders of copies. */
function addDifferences(
  bytes: Uint8Array,
  { gaps, differences }: { readonly gaps: Uint8Array; readonly differences: Uint8Array },
  { copies, copied }: SectionCopies,
): void {
  const cursor: Cursor = { bytes: gaps, at: 0 };
  let number = 0;
  let begin = 0;
  let at = 0;
  for (const difference of differences) {
    at += takeNumber(cursor);
    if (at >= copied) throw invalidPatch('a difference lies behind the last copy');
    while (at >= begin + copies[number]!.length) begin += copies[number++]!.length;
    const target = copies[number]!.target + at - begin;
    bytes[target] = bytes[target]! + difference;
    at++;
  }
  if (cursor.at !== gaps.length) throw invalidPatch('there are more gaps than differences');
}
