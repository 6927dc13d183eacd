import { visitAnchors } from './anchors.ts';

/** Knows roughly where in the old bytes content lies: in which cell of at least 64 KiB. */
export interface AnchorTable {
  /** Bytes of a cell. */
  readonly cellSize: number;
  /** Enters old bytes; `position` is where they begin. */
  enter(bytes: Uint8Array, position: number): void;
  /** Counts for each cell how many anchors of these bytes it has too. */
  vote(bytes: Uint8Array): ReadonlyMap<number, number>;
}

const smallestCell = 65_536;
const cellBits = 20;
const mostCells = 2 ** cellBits - 1;
const tagBits = 32 - cellBits;
/** 32 MiB of table. */
const mostSlotBits = 23;
/** One anchor in 256 bytes, and fewer from 1 GiB on: the table does not grow any more. */
const fewestAnchorBits = 8;

/** @param total bytes that will be entered */
export function createAnchorTable(total: number): AnchorTable {
  let cellSize = smallestCell;
  while (total / cellSize >= mostCells) cellSize *= 2;
  let bits = fewestAnchorBits;
  while (total / 2 ** bits > 2 ** (mostSlotBits - 1)) bits++;
  const slotBits = Math.min(mostSlotBits, Math.max(10, Math.ceil(Math.log2(total / 2 ** bits + 1)) + 1));
  // A slot is a tag and the number of a cell, from 1 on: 0 is an empty slot.
  const slots = new Uint32Array(2 ** slotBits);
  const slotOf = (hash: number): number => hash >>> (32 - slotBits);
  return {
    cellSize,
    enter(bytes, position) {
      visitAnchors(bytes, bits, (hash, end) => {
        const slot = slotOf(hash);
        // Whoever comes first stays: what is there several times is then found in one place.
        if (slots[slot] !== 0) return;
        const cell = Math.floor((position + end - 1) / cellSize);
        slots[slot] = ((tagOf(hash) << cellBits) | (cell + 1)) >>> 0;
      });
    },
    vote(bytes) {
      const votes = new Map<number, number>();
      visitAnchors(bytes, bits, (hash) => {
        const entry = slots[slotOf(hash)]!;
        if (entry === 0 || entry >>> cellBits !== tagOf(hash)) return;
        const cell = (entry & mostCells) - 1;
        votes.set(cell, (votes.get(cell) ?? 0) + 1);
      });
      return votes;
    },
  };
}

function tagOf(hash: number): number {
  return hash & (2 ** tagBits - 1);
}
