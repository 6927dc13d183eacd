/** Finds where in a reference the same bytes are. */
export interface DenseIndex {
  /** Forgets what there was and enters this reference, which must not change while it is searched. */
  enter(reference: Uint8Array): void;
  /**
   * Where in the reference bytes begin that are likely to be those of this place of the target; -1 for nowhere. Most matches of
   * {@link longLength} bytes and a few more are found at one of their first places. There must be as many bytes.
   */
  findLong(target: DataView, position: number): number;
  /** As {@link DenseIndex.findLong}, for matches of 8 bytes. */
  findShort(target: DataView, position: number): number;
}

/** Bytes that {@link DenseIndex.findLong} looks up together. */
export const longLength = 24;
const shortLength = 8;

/** Not every place is entered: that would take longer than everything else, and makes patches hardly smaller. */
const longStride = 16;
const shortStride = 4;
/** 32 MiB of slots. */
const mostBits = 23;

/** @param capacity bytes of the largest reference */
export function createDenseIndex(capacity: number): DenseIndex {
  const longs = createSlots(capacity / longStride);
  const shorts = createSlots(capacity / shortStride);
  return {
    enter(reference) {
      const words = wordsOf(reference);
      longs.clear(reference.length / longStride);
      for (let at = 0; at + longLength <= reference.length; at += longStride)
        longs.put(longHash(words, at), at);
      shorts.clear(reference.length / shortStride);
      for (let at = 0; at + shortLength <= reference.length; at += shortStride)
        shorts.put(shortHash(words, at), at);
    },
    findLong: (target, position) => longs.get(longHash(target, position)),
    findShort: (target, position) => shorts.get(shortHash(target, position)),
  };
}

/** The same bytes, to be read as numbers of 32 bits. */
export function wordsOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

interface Slots {
  clear(entries: number): void;
  put(hash: number, position: number): void;
  get(hash: number): number;
}

/** One position for each slot, the last that was put there. */
function createSlots(mostEntries: number): Slots {
  const slots = new Int32Array(2 ** bitsFor(mostEntries));
  let shift = 32;
  return {
    clear(entries) {
      // Few slots for few entries: they stay in the processor's caches.
      const bits = bitsFor(entries);
      shift = 32 - bits;
      slots.fill(-1, 0, 2 ** bits);
    },
    put(hash, position) {
      slots[hash >>> shift] = position;
    },
    get: (hash) => slots[hash >>> shift]!,
  };
}

/** Twice as many slots as entries, so that few are overwritten. */
function bitsFor(entries: number): number {
  return Math.min(mostBits, Math.max(8, Math.ceil(Math.log2(entries + 1)) + 1));
}

function shortHash(words: DataView, at: number): number {
  return mix(words.getInt32(at, true), words.getInt32(at + 4, true));
}

function longHash(words: DataView, at: number): number {
  const first = mix(words.getInt32(at, true), words.getInt32(at + 4, true));
  const second = mix(words.getInt32(at + 8, true), words.getInt32(at + 12, true));
  const third = mix(words.getInt32(at + 16, true), words.getInt32(at + 20, true));
  return mix(first ^ Math.imul(second, 0x27d4eb2f), third);
}

function mix(low: number, high: number): number {
  const hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
}
