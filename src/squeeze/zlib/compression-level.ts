import { unusableRecipe } from './unusable-recipe.ts';
import type { SearchLimits } from './match-window.ts';

/** What a level means to zlib and GNU gzip: the same to both. */
export interface CompressionLevel extends SearchLimits {
  /** Whether a match waits for a better one at the next position. */
  readonly lazy: boolean;
  /** Lazy: a match that long does not wait. Else: the positions inside longer matches are in no chain. */
  readonly longEnough: number;
}

const levels: readonly CompressionLevel[] = [
  { lazy: false, good: 4, longEnough: 4, nice: 8, chain: 4 },
  { lazy: false, good: 4, longEnough: 5, nice: 16, chain: 8 },
  { lazy: false, good: 4, longEnough: 6, nice: 32, chain: 32 },
  { lazy: true, good: 4, longEnough: 4, nice: 16, chain: 16 },
  { lazy: true, good: 8, longEnough: 16, nice: 32, chain: 32 },
  { lazy: true, good: 8, longEnough: 16, nice: 128, chain: 128 },
  { lazy: true, good: 8, longEnough: 32, nice: 128, chain: 256 },
  { lazy: true, good: 32, longEnough: 128, nice: 258, chain: 1024 },
  { lazy: true, good: 32, longEnough: 258, nice: 258, chain: 4096 },
];

/** @param level 1–9 @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for another */
export function compressionLevel(level: number): CompressionLevel {
  const found = levels[level - 1];
  if (found === undefined) throw unusableRecipe(`level ${level}, expected 1 to 9`);
  return found;
}
