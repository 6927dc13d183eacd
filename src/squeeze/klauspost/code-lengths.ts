const maxSymbols = 286;
const maxDepth = 15;

/**
 * Decides how many symbols get codes of each length. Frequencies are positive and ascend; at least three. The result is valid until
 * the next call: `counts[bits]` symbols have codes of `bits` bits.
 */
export class CodeLengths {
  readonly #counts = new Int32Array(32);
  readonly #parents = new Uint16Array(2 * maxSymbols);
  readonly #sums = new Int32Array(maxSymbols);
  readonly #weights = [new Int32Array(2 * maxSymbols), new Int32Array(2 * maxSymbols)] as const;
  /** For each level, the leaves among its first items. */
  readonly #leaves = Array.from({ length: maxDepth + 1 }, () => new Uint16Array(2 * maxSymbols + 1));

  /**
   * Huffman's tree, a leaf before an inner node of the same weight. Gives undefined when it is deeper than `limit`.
   */
  tree(weights: Int32Array, limit: number): Int32Array | undefined {
    const symbols = weights.length;
    this.#join(weights);
    const depths = this.#sums;
    const counts = this.#counts.fill(0);
    depths[symbols - 2] = 0;
    for (let node = 2 * symbols - 3; node >= 0; node--) {
      const depth = depths[this.#parents[node]! - symbols]! + 1;
      if (node >= symbols) {
        depths[node - symbols] = depth;
      } else {
        if (depth > limit) return undefined;
        counts[depth]!++;
      }
    }
    return counts;
  }

  #join(weights: Int32Array): void {
    const symbols = weights.length;
    const sums = this.#sums;
    let leaf = 0;
    let inner = 0;
    for (let joined = 0; joined < symbols - 1; joined++) {
      let sum = 0;
      for (let child = 0; child < 2; child++) {
        const takesLeaf = leaf < symbols && (inner >= joined || weights[leaf]! <= sums[inner]!);
        sum += takesLeaf ? weights[leaf]! : sums[inner]!;
        this.#parents[takesLeaf ? leaf++ : symbols + inner++] = symbols + joined;
      }
      sums[joined] = sum;
    }
  }

  /** Codes of at most `limit` bits by package-merge, a package before a leaf of the same weight. */
  limited(weights: Int32Array, limit: number): Int32Array {
    const symbols = weights.length;
    const depth = Math.min(limit, symbols - 1);
    let below = 0;
    for (let level = 1; level <= depth; level++) below = this.#merge(weights, level, below);
    const counts = this.#counts.fill(0);
    let items = 2 * symbols - 2;
    let longer = 0;
    for (let level = depth; level >= 1; level--) {
      const leaves = this.#leaves[level]![items]!;
      // Leaves of this level that the level below does not have: codes one bit shorter end here.
      if (level < depth) counts[depth - level] = longer - leaves;
      longer = leaves;
      items = 2 * (items - leaves);
    }
    counts[depth] = longer;
    return counts;
  }

  /** Merges the leaves with packages of two items of the level below, which has `below` items. Gives how many items this level has. */
  #merge(weights: Int32Array, level: number, below: number): number {
    const symbols = weights.length;
    const source = this.#weights[level & 1 ? 0 : 1];
    const target = this.#weights[level & 1 ? 1 : 0];
    const leaves = this.#leaves[level]!;
    const packages = below >> 1;
    const wanted = Math.min(symbols + packages, 2 * symbols - 2);
    let leaf = 0;
    let packed = 0;
    for (let item = 0; item < wanted; item++) {
      const weight = packed < packages ? source[2 * packed]! + source[2 * packed + 1]! : Infinity;
      if (leaf < symbols && weights[leaf]! < weight) {
        target[item] = weights[leaf++]!;
      } else {
        target[item] = weight;
        packed++;
      }
      leaves[item + 1] = leaf;
    }
    return wanted;
  }
}
