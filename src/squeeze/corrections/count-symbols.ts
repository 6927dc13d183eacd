import { longLength284, tokenDistance, tokenLength } from '../tokens/deflate-block.ts';
import { distanceSymbolOf, lengthSymbolOf } from '../zlib/deflate-symbols.ts';
import type { SymbolCounts } from './tree-coding.ts';

/** Counts of a block without tokens: its end alone. */
export function createSymbolCounts(): SymbolCounts {
  const counts = { literals: new Int32Array(286), distances: new Int32Array(30) };
  clearSymbolCounts(counts);
  return counts;
}

/** Forgets all tokens. */
export function clearSymbolCounts(counts: SymbolCounts): void {
  counts.literals.fill(0);
  counts.distances.fill(0);
  counts.literals[256] = 1;
}

/** Counts the symbols of tokens. */
export function countSymbols({ literals, distances }: SymbolCounts, tokens: Int32Array): void {
  for (const token of tokens) {
    if (token < 256) literals[token]!++;
    else {
      literals[257 + (token >= longLength284 ? 27 : lengthSymbolOf[tokenLength(token) - 3]!)]!++;
      distances[distanceSymbolOf(tokenDistance(token) - 1)]!++;
    }
  }
}
