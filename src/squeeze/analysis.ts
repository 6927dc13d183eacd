import type { BlobIdentity } from '../oci/descriptor.ts';

/** What came of looking for a recipe of a gzip file. */
export type Analysis = DescribedGzip | KeptGzip;

/** The recipe was found, and giving back the exact bytes was tried for all of them. */
interface DescribedGzip {
  readonly outcome: 'described';
  /** For `parseRecipe`. */
  readonly recipe: Uint8Array;
  /** Who wrote it, for people: `Go level 6`. Several, in order and joined by `, `, where members differ. */
  readonly encoder: string;
  /** Its plain bytes. */
  readonly plain: BlobIdentity;
  /** Of its plain bytes: values of a `LayerSketch`. */
  readonly sketch: Uint32Array;
}

/** It is better kept as it is. */
export interface KeptGzip {
  readonly outcome: 'kept';
  readonly reason: KeptReason;
  /** The reason as a sentence without a full stop. */
  readonly text: string;
}

/** Stable words for scripts. */
export type KeptReason =
  | 'not-gzip'
  | 'damaged'
  | 'unknown-encoder'
  | 'large-recipe'
  | 'large-plain'
  | 'no-memory';

/** What an analysis may cost. */
export interface AnalysisOptions {
  /** Most plain bytes; a file with more is kept. 64 GiB unless given. */
  readonly maximumPlain?: number;
  /** Most bytes of the recipe in proportion to the gzip file; a file that needs more is kept. 0.2 unless given. */
  readonly maximumRecipeShare?: number;
}
