/** Finds where in a reference the same bytes are. */
export interface DenseIndex {
  /** Forgets what there was and enters this. The reference must not change while it is in use. */
  enter(reference: Uint8Array): void;
  /** Where in the reference bytes begin that may be as long a match as can be had at this place of the target; -1 for nowhere. */
  findLong(target: Uint8Array, position: number): number;
  /** As {@link findLong}, for matches of few bytes. */
  findShort(target: Uint8Array, position: number): number;
}

/** Bytes that {@link DenseIndex.findLong} compares; it finds all matches of these and a stride more. */
export const longLength = 24;
/** Bytes that {@link DenseIndex.findShort} compares. */
export const shortLength = 8;

const longStride = 4;
const mostLongBits = 23;
const mostShortBits = 23;

/** @param capacity bytes of the largest reference */
export function createDenseIndex(capacity: number): DenseIndex {
  const longs = createSlots(Math.min(mostLongBits, bitsFor(capacity / longStride)));
  const shorts = createSlots(Math.min(mostShortBits, bitsFor(capacity)));
  return {
    enter(reference) {
      longs.clear(Math.min(mostLongBits, bitsFor(reference.length / longStride)));
      shorts.clear(Math.min(mostShortBits, bitsFor(reference.length)));
      for (let at = 0; at + longLength <= reference.length; at += longStride) {
        longs.put(longHash(reference, at), at);
      }
      enterShorts(reference, shorts);
    },
    findLong: (target, position) => longs.get(longHash(target, position)),
    findShort: (target, position) => shorts.get(shortHash(target, position)),
  };
}

interface Slots {
  clear(bits: number): void;
  put(hash: number, position: number): void;
  get(hash: number): number;
}

/** One position for each slot, the last that was put there; smaller for smaller references, which is kinder to caches. */
function createSlots(mostBits: number): Slots {
  const slots = new Int32Array(2 ** mostBits);
  let shift = 32 - mostBits;
  return {
    clear(bits) {
      shift = 32 - bits;
      slots.fill(-1, 0, 2 ** bits);
    },
    put(hash, position) {
      slots[hash >>> shift] = position;
    },
    get: (hash) => slots[hash >>> shift]!,
  };
}

function bitsFor(entries: number): number {
  return Math.max(8, Math.ceil(Math.log2(entries + 1)));
}

function enterShorts(reference: Uint8Array, shorts: Slots): void {
  if (reference.length < shortLength) return;
  let low = wordAt(reference, 0);
  let high = wordAt(reference, 4);
  for (let at = 0; ; at++) {
    shorts.put(mix(low, high), at);
    if (at + shortLength >= reference.length) return;
    low = (low >>> 8) | (high << 24);
    high = (high >>> 8) | (reference[at + shortLength]! << 24);
  }
}

function shortHash(bytes: Uint8Array, at: number): number {
  return mix(wordAt(bytes, at), wordAt(bytes, at + 4));
}

function longHash(bytes: Uint8Array, at: number): number {
  const first = mix(wordAt(bytes, at), wordAt(bytes, at + 4));
  const second = mix(wordAt(bytes, at + 8), wordAt(bytes, at + 12));
  const third = mix(wordAt(bytes, at + 16), wordAt(bytes, at + 20));
  return mix(first ^ Math.imul(second, 0x27d4eb2f), third);
}

function mix(low: number, high: number): number {
  const hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
