/** Bytes of content that one value of a sketch stands for, on average. */
const sampledEvery = 4096;
/** Values of a sketch. */
const sketchSize = 256;

/** A random number for each byte, the same everywhere: of the gear hash (Xia et al., "Ddelta", 2014). */
const gear = gearTable();

/**
 * Tells how much the content of two layers has in common, wherever it is in them: the least of the hashes of places that the content itself
 * chooses (bottom-k sketches; Broder, "On the resemblance and containment of documents", 1997).
 */
export class LayerSketch {
  readonly #least = new Set<number>();
  #largest = Number.POSITIVE_INFINITY;
  #hash = 0;

  /** Takes the next bytes of the layer. */
  update(bytes: Uint8Array): void {
    let hash = this.#hash;
    for (let index = 0; index < bytes.length; index += 1) {
      hash = ((hash << 1) + (gear[bytes[index] ?? 0] ?? 0)) | 0;
      if ((hash & ((sampledEvery - 1) << 20)) === 0) this.#take(hash);
    }
    this.#hash = hash;
  }

  /** The least hashes, in order. */
  values(): Uint32Array {
    return Uint32Array.from(this.#least).toSorted();
  }

  #take(hash: number): void {
    // The bits that chose the place are all 0: the others are spread over all bits again.
    const value = mixed(hash);
    if (value >= this.#largest || this.#least.has(value)) return;
    this.#least.add(value);
    if (this.#least.size < sketchSize) return;
    if (this.#least.size > sketchSize) this.#least.delete(this.#largest);
    this.#largest = largestOf(this.#least);
  }
}

/** How much of two contents is the same, from 0 to 1 of both together. */
export function resemblance(left: Uint32Array, right: Uint32Array): number {
  let [here, there, same, taken] = [0, 0, 0, 0];
  const most = Math.min(sketchSize, Math.max(left.length, right.length));
  while (taken < most && (here < left.length || there < right.length)) {
    const a = left[here] ?? Number.POSITIVE_INFINITY;
    const b = right[there] ?? Number.POSITIVE_INFINITY;
    if (a === b) same += 1;
    if (a <= b) here += 1;
    if (b <= a) there += 1;
    taken += 1;
  }
  return taken === 0 ? 0 : same / taken;
}

function largestOf(values: Iterable<number>): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}

/** The finalizer of MurmurHash3. */
function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function gearTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte += 1) table[byte] = mixed(byte + 1) | 0;
  return table;
}
