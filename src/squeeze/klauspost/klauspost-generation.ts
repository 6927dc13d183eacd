/**
 * Releases of klauspost/compress with equal output, named by the first of them: 1.15.10 is 11510 (major × 10,000 + minor × 100 +
 * patch). The table of releases is in docs/gzip-encoders/klauspost.md.
 */
export const klauspostGenerations = [11203, 11403, 11500, 11510, 11801, 11802, 12004] as const;

export type KlauspostGeneration = (typeof klauspostGenerations)[number];

/** Whether a number of a recipe names a generation. */
export function isKlauspostGeneration(value: number): value is KlauspostGeneration {
  return klauspostGenerations.some((generation) => generation === value);
}

/** In what the generations differ. */
export interface GenerationTraits {
  /** Codes of blocks that stay open have all symbols; blocks without a gain of a 17th are stored, none has fixed codes. */
  readonly codesAllSymbols: boolean;
  /** A new code is taken to cost 1/2^penalty more than estimated. */
  readonly penalty: 7 | 8;
  /** Matches over 258 bytes are cut into pieces of 258 bytes, not of 255. */
  readonly cutsAt258: boolean;
  /** Levels 5 and 6: bytes at the beginning of a match that may differ when another one is looked for at its end. */
  readonly skippedBeginning: 0 | 2;
  /** Level 1: bytes that are hashed. */
  readonly hashedBytes: 4 | 5;
  /** Headers of blocks that stay open list all 286 + 30 codes. */
  readonly fullHeaders: boolean;
  /** The end of an open block counts in the estimate of what it takes to go on with its codes. */
  readonly countsBlockEnd: boolean;
  /** Codes come from Huffman's tree, and from a length-limited one only when it is too deep. */
  readonly huffmanTree: boolean;
  /** Short windows before a flush are searched for matches as others are. */
  readonly matchesShortWindows: boolean;
}

/** What a generation does. */
export function traitsOf(generation: KlauspostGeneration): GenerationTraits {
  return {
    codesAllSymbols: generation < 11403,
    penalty: generation < 11403 ? 8 : 7,
    cutsAt258: generation >= 11500,
    skippedBeginning: generation >= 11510 ? 2 : 0,
    hashedBytes: generation >= 11510 ? 5 : 4,
    fullHeaders: generation < 11801,
    countsBlockEnd: generation >= 11802,
    huffmanTree: generation >= 12004,
    matchesShortWindows: generation >= 12004,
  };
}
