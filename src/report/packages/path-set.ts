const slash = 0x2f;

/** Which paths a layer has, in eight bytes each: a layer may have a hundred thousand, and a bundle hundreds of layers. */
export interface PathSet {
  has(path: string): boolean;
  /** @param hash as {@link pathHash} gives it */
  hasHash(hash: number): boolean;
}

/**
 * Makes a {@link PathSet}. It knows paths by 53 bits of a hash: two of them do not meet by chance. Who makes them meet on purpose hides
 * a program of his own image, for which there are easier ways.
 */
export class PathSetBuilder {
  #hashes = new Float64Array(64);
  #count = 0;

  add(path: string): void {
    if (this.#count === this.#hashes.length) {
      const grown = new Float64Array(this.#count * 2);
      grown.set(this.#hashes);
      this.#hashes = grown;
    }
    this.#hashes[this.#count] = pathHash(path);
    this.#count += 1;
  }

  build(): PathSet {
    const hashes = this.#hashes.subarray(0, this.#count).toSorted();
    return { has: (path) => isIn(hashes, pathHash(path)), hasHash: (hash) => isIn(hashes, hash) };
  }
}

/** What a path is known by: two hashes of 32 bits in the manner of FNV-1a, with other primes and a mixing at the end, as one number. */
export function pathHash(path: string): number {
  return pathHashes(path).at(-1) ?? 0;
}

/** The {@link pathHash} of each folder that a path is in, the outermost first, and of the path: all in one go, however many there are. */
export function pathHashes(path: string): number[] {
  const hashes: number[] = [];
  let [high, low] = [0xde_ad_be_ef, 0x41_c6_ce_57];
  for (let at = 0; at < path.length; at += 1) {
    const unit = path.charCodeAt(at);
    if (unit === slash) hashes.push(mixed(high, low));
    high = Math.imul(high ^ unit, 0x9e_37_79_b1);
    low = Math.imul(low ^ unit, 0x5f_35_64_95);
  }
  hashes.push(mixed(high, low));
  return hashes;
}

function mixed(first: number, second: number): number {
  let [high, low] = [first, second];
  high = Math.imul(high ^ (high >>> 16), 0x85_eb_ca_6b) ^ Math.imul(low ^ (low >>> 13), 0xc2_b2_ae_35);
  low = Math.imul(low ^ (low >>> 16), 0x85_eb_ca_6b) ^ Math.imul(high ^ (high >>> 13), 0xc2_b2_ae_35);
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

function isIn(sorted: Float64Array, value: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === value;
}
