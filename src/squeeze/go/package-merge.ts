const mostLevels = 15;
const mostSymbols = 286;
/** The most that is ever taken of a level, 2n - 2 items, and one more to count what is before each. */
const levelSize = 2 * mostSymbols;

// Filled anew by each call: what a call leaves is not read by the next one.
const symbolsBefore = Array.from({ length: mostLevels }, () => new Int32Array(levelSize));
const weightsA = new Int32Array(levelSize);
const weightsB = new Int32Array(levelSize);
const atLeast = new Int32Array(mostLevels + 1);

/**
 * Lengths of a Huffman code that has at most `levels` bits, by package-merge. Where a pair weighs as much as a symbol, the pair comes
 * first (docs/gzip-encoders/go.md, Huffman codes).
 *
 * @param weights of the symbols, rising: 3 to 286 of them
 * @param levels at most 15, and 2^levels is at least the number of symbols
 * @returns how many symbols, from the first on, have a code of at least so many bits. Valid until the next call
 */
export function packageMerge(weights: Int32Array, levels: number): Int32Array {
  const most = 2 * weights.length - 2;
  let items = 0;
  for (let level = 0; level < levels; level++) {
    const [below, here] = level % 2 === 0 ? [weightsA, weightsB] : [weightsB, weightsA];
    items = mergeLevel({ weights, below, pairs: items >>> 1, here, before: symbolsBefore[level]!, most });
  }
  let taken = most;
  for (let level = levels - 1; level >= 0; level--) {
    const symbols = symbolsBefore[level]![taken]!;
    atLeast[levels - level] = symbols;
    taken = 2 * (taken - symbols);
  }
  return atLeast;
}

interface Level {
  readonly weights: Int32Array;
  /** Weights of the level below, and how many pairs it has. */
  readonly below: Int32Array;
  readonly pairs: number;
  /** Weights of this level. */
  readonly here: Int32Array;
  /** How many symbols are before each of its items, and before its end. */
  readonly before: Int32Array;
  readonly most: number;
}

/** @returns how many items the level has */
function mergeLevel({ weights, below, pairs, here, before, most }: Level): number {
  const items = Math.min(most, weights.length + pairs);
  let symbol = 0;
  let pair = 0;
  for (let item = 0; item < items; item++) {
    before[item] = symbol;
    const pairWeight = pair < pairs ? below[2 * pair]! + below[2 * pair + 1]! : Infinity;
    if (symbol < weights.length && weights[symbol]! < pairWeight) {
      here[item] = weights[symbol]!;
      symbol += 1;
    } else {
      here[item] = pairWeight;
      pair += 1;
    }
  }
  before[items] = symbol;
  return items;
}
