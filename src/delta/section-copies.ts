import { invalidPatch } from './invalid-patch.ts';
import { shortestCopy } from './patch-format.ts';
import { takeNumber, takeSigned, type Cursor } from './patch-bytes.ts';

/** Old bytes that go into the new tar. */
export interface Copy {
  /** Where they go to, from the beginning of the section. */
  readonly target: number;
  /** Number of the old tar. */
  readonly tar: number;
  /** Where they are in it. */
  readonly source: number;
  readonly length: number;
}

/** The copies of a section, in the order of the new tar. */
export interface SectionCopies {
  readonly copies: readonly Copy[];
  /** Bytes of all of them. */
  readonly copied: number;
  /** The position behind the last one, in the old tars one behind the other. */
  readonly position: number;
}

/** What commands may do. */
export interface CommandLimits {
  /** Bytes that the section gives. */
  readonly size: number;
  /** Where each old tar ends, when they lie one behind the other. */
  readonly ends: readonly number[];
  /** The position behind the last copy of the section before. */
  readonly position: number;
}

/**
 * Reads the commands of a section. All copies lie inside the section, one behind the other, and inside one old tar each.
 *
 * @throws PaletteEdgeError PATCH_INVALID when they do not
 */
export function readCopies(commands: Uint8Array, limits: CommandLimits): SectionCopies {
  const cursor: Cursor = { bytes: commands, at: 0 };
  const copies: Copy[] = [];
  let { position } = limits;
  let target = 0;
  let copied = 0;
  while (cursor.at < commands.length) {
    target += takeNumber(cursor);
    const length = takeNumber(cursor);
    position += takeSigned(cursor);
    if (length < shortestCopy) throw invalidPatch(`a copy has ${length} bytes`);
    if (target + length > limits.size) throw invalidPatch('a copy reaches over the end of its section');
    copies.push({ target, length, ...sourceOf(limits.ends, position, length) });
    target += length;
    position += length;
    copied += length;
  }
  return { copies, copied, position };
}

function sourceOf(
  ends: readonly number[],
  position: number,
  length: number,
): { readonly tar: number; readonly source: number } {
  const tar = position < 0 ? -1 : ends.findIndex((end) => end > position);
  const end = ends[tar];
  if (end === undefined || position + length > end) throw invalidPatch('a copy reaches outside the old tars');
  return { tar, source: position - (ends[tar - 1] ?? 0) };
}
