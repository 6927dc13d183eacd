import { invalidPatch } from './invalid-patch.ts';
import type { OldTarAccess } from './old-tar.ts';
import type { Copy } from './section-copies.ts';

/** Bytes that are read at once, at most. */
const cellSize = 262_144;

/**
 * Fills a section with what the copies name. However many there are, each cell of the old tars is read at most once, in their order.
 *
 * @throws PaletteEdgeError PATCH_INVALID when an old tar gives another number of bytes than it was asked for
 */
export async function copyOldBytes(
  section: Uint8Array,
  copies: readonly Copy[],
  olds: readonly OldTarAccess[],
): Promise<void> {
  const pieces = copies.flatMap(cutAtCells);
  pieces.sort((one, other) => one.tar - other.tar || one.source - other.source);
  for (let first = 0; first < pieces.length;) {
    const next = endOfCell(pieces, first);
    await copyCell(section, pieces.slice(first, next), olds);
    first = next;
  }
}

function cutAtCells(copy: Copy): readonly Copy[] {
  if (cellOf(copy.source) === cellOf(copy.source + copy.length - 1)) return [copy];
  const pieces: Copy[] = [];
  for (let done = 0; done < copy.length;) {
    const source = copy.source + done;
    const length = Math.min(copy.length - done, (cellOf(source) + 1) * cellSize - source);
    pieces.push({ target: copy.target + done, tar: copy.tar, source, length });
    done += length;
  }
  return pieces;
}

/** The number of the first piece behind this one that lies in another cell. */
function endOfCell(pieces: readonly Copy[], first: number): number {
  const { tar, source } = pieces[first]!;
  let next = first + 1;
  while (pieces[next]?.tar === tar && cellOf(pieces[next]!.source) === cellOf(source)) next++;
  return next;
}

async function copyCell(
  section: Uint8Array,
  pieces: readonly Copy[],
  olds: readonly OldTarAccess[],
): Promise<void> {
  const { tar, source: start } = pieces[0]!;
  const length = pieces.reduce((most, piece) => Math.max(most, piece.source + piece.length - start), 0);
  const bytes = await olds[tar]!.read(start, length);
  if (bytes.length !== length) {
    throw invalidPatch(`an old tar gives ${bytes.length} bytes where ${length} were asked for`);
  }
  for (const piece of pieces) {
    const from = piece.source - start;
    section.set(bytes.subarray(from, from + piece.length), piece.target);
  }
}

function cellOf(position: number): number {
  return Math.floor(position / cellSize);
}
