import type { BlobIdentity } from '../oci/descriptor.ts';
import type { EncoderCheckpoint } from './deflate-encoder.ts';
import type { EncoderParameters } from './encoder-parameters.ts';

/** How the exact bytes of a gzip file come back from its plain bytes: docs/squeeze-recipe.md. */
export interface Recipe {
  /** The gzip file. */
  readonly gzip: BlobIdentity;
  /** All its plain bytes in one: of every member, one after the other. */
  readonly plain: BlobIdentity;
  /** What follows each other in the gzip file. */
  readonly segments: readonly RecipeSegment[];
}

/** One stretch of a gzip file. */
export type RecipeSegment = LiteralSegment | DeflateSegment;

/** Bytes as they are: headers and trailers of gzip members, and what follows the last of them. */
export interface LiteralSegment {
  readonly kind: 'literal';
  readonly bytes: Uint8Array;
}

/** One DEFLATE stream, which an encoder writes from the next plain bytes. */
export interface DeflateSegment {
  readonly kind: 'deflate';
  readonly encoder: EncoderParameters;
  /** How many plain bytes it takes. */
  readonly plain: number;
  /** How many bytes it has. */
  readonly size: number;
  /** Where in the stream the encoder can begin too, in order; none for encoders that cannot. */
  readonly checkpoints: readonly EncoderCheckpoint[];
  /** What the encoder `corrections` needs besides. */
  readonly corrections?: Uint8Array;
}

/** The bytes of a recipe. Equal recipes give equal bytes. */
export declare function encodeRecipe(recipe: Recipe): Uint8Array;

/**
 * Reads the bytes of a recipe. They may be hostile: sizes are checked against each other, and what it returns takes memory in
 * proportion to the bytes.
 *
 * @param name whose recipe it is, for messages
 * @throws PaletteEdgeError `RECIPE_INVALID` (kind content)
 */
export declare function parseRecipe(bytes: Uint8Array, name: string): Recipe;
