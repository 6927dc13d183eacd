import { historyUnit, type PlainWindow } from './plain-window.ts';

/** How the bytes at a position become the number of its chain. */
export interface ChainHash {
  /** `zlib`: three bytes, shifted and combined; `big` and `little`: four bytes in that order, multiplied; `three`: three, multiplied. */
  readonly kind: 'zlib' | 'big' | 'little' | 'three';
  readonly bits: number;
  readonly multiplier: number;
}

/** Positions whose next bytes may be alike, newest first. */
export interface HashChain {
  /** By the low bits of a position that was added: the one before it in its chain, below 0 for none. */
  readonly previous: Int32Array;
  /** Bytes that a position needs to be added. */
  readonly width: number;
  /** Adds all positions up to this one that are not in, as far as their bytes are known. */
  addThrough(position: number): void;
  /** Leaves out the positions before this one that are not in. */
  leaveOutBefore(position: number): void;
  /** The window moved on. */
  rebase(shift: number): void;
}

/** The low bits of a position that index {@link HashChain.previous}. */
export const chainMask = historyUnit - 1;

/** Chains over a window, without positions. */
export function createHashChain(window: PlainWindow, hash: ChainHash): HashChain {
  const head = new Int32Array(2 ** hash.bits).fill(-1);
  const previous = new Int32Array(historyUnit).fill(-1);
  const width = hash.kind === 'zlib' || hash.kind === 'three' ? 3 : 4;
  const add = adders[hash.kind]({ bytes: window.bytes, head, previous, hash });
  let next = 0;
  return {
    previous,
    width,
    addThrough(position) {
      const end = Math.min(position + 1, window.end - width + 1);
      if (end <= next) return;
      add(next, end);
      next = end;
    },
    leaveOutBefore(position) {
      if (position > next) next = position;
    },
    rebase(shift) {
      next -= shift;
      rebaseTable(head, shift);
      rebaseTable(previous, shift);
    },
  };
}

/** Makes the positions in a table smaller; those that left the window become -1. */
function rebaseTable(table: Int32Array, shift: number): void {
  for (let index = 0; index < table.length; index++) {
    const moved = table[index]! - shift;
    table[index] = moved < 0 ? -1 : moved;
  }
}

interface Tables {
  readonly bytes: Uint8Array;
  readonly head: Int32Array;
  readonly previous: Int32Array;
  readonly hash: ChainHash;
}

type Add = (from: number, end: number) => void;

const adders: Readonly<Record<ChainHash['kind'], (tables: Tables) => Add>> = {
  zlib: ({ bytes, head, previous, hash }) => {
    const shift = Math.ceil(hash.bits / 3);
    const mask = head.length - 1;
    return (from, end) => {
      let value = (bytes[from]! << shift) ^ bytes[from + 1]!;
      for (let position = from; position < end; position++) {
        value = ((value << shift) ^ bytes[position + 2]!) & mask;
        previous[position & chainMask] = head[value]!;
        head[value] = position;
      }
    };
  },
  big: ({ bytes, head, previous, hash: { bits, multiplier } }) => {
    return (from, end) => {
      let word = (bytes[from]! << 16) | (bytes[from + 1]! << 8) | bytes[from + 2]!;
      for (let position = from; position < end; position++) {
        word = (word << 8) | bytes[position + 3]!;
        const value = Math.imul(word, multiplier) >>> (32 - bits);
        previous[position & chainMask] = head[value]!;
        head[value] = position;
      }
    };
  },
  little: ({ bytes, head, previous, hash: { bits, multiplier } }) => {
    return (from, end) => {
      let word = (bytes[from]! << 8) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 24);
      for (let position = from; position < end; position++) {
        word = (word >>> 8) | (bytes[position + 3]! << 24);
        const value = Math.imul(word, multiplier) >>> (32 - bits);
        previous[position & chainMask] = head[value]!;
        head[value] = position;
      }
    };
  },
  three: ({ bytes, head, previous, hash: { bits, multiplier } }) => {
    return (from, end) => {
      let word = (bytes[from]! << 16) | (bytes[from + 1]! << 24);
      for (let position = from; position < end; position++) {
        word = (word >>> 8) | (bytes[position + 2]! << 24);
        const value = Math.imul(word & 0xffffff00, multiplier) >>> (32 - bits);
        previous[position & chainMask] = head[value]!;
        head[value] = position;
      }
    };
  },
};
