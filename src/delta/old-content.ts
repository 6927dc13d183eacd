import { PaletteEdgeError } from '../errors.ts';
import type { OldTar } from './old-tar.ts';

/** All old tars, one behind the other, in one space of positions. */
export interface OldContent {
  readonly size: number;
  /** Where each of them ends, in their order. */
  readonly ends: readonly number[];
  /**
   * Fills `into` from `position` on, which must lie in it; it may reach over the end of a tar.
   *
   * @throws PaletteEdgeError OLD_TAR_TOO_SHORT when a tar ends before its size
   */
  read(position: number, into: Uint8Array): void;
}

export function joinOldTars(olds: readonly OldTar[]): OldContent {
  const ends = endsOf(olds);
  return {
    size: ends.at(-1) ?? 0,
    ends,
    read(position, into) {
      let filled = 0;
      for (const [number, old] of olds.entries()) {
        const at = position + filled - (ends[number]! - old.size);
        if (at >= old.size || filled === into.length) continue;
        const piece = into.subarray(filled, Math.min(into.length, filled + old.size - at));
        readAll(old, at, piece);
        filled += piece.length;
      }
    },
  };
}

/** Where each tar ends when they lie one behind the other. */
export function endsOf(olds: readonly { readonly size: number }[]): readonly number[] {
  let end = 0;
  return olds.map(({ size }) => (end += size));
}

function readAll(old: OldTar, position: number, into: Uint8Array): void {
  let filled = 0;
  while (filled < into.length) {
    const count = old.read(position + filled, into.subarray(filled));
    if (count <= 0) throw tooShort(old.size, position + filled);
    filled += count;
  }
}

function tooShort(expected: number, received: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'OLD_TAR_TOO_SHORT',
    `An old tar ends too early: expected ${expected} bytes, received ${received}.`,
    { kind: 'content', suggestions: ['Verify the base: palette-edge verify.'] },
  );
}
