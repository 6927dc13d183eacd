import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Analysis, AnalysisOptions } from './analysis.ts';
import type { PlainSource } from './plain-source.ts';
import type { Recipe } from './recipe.ts';

/** Opens the bytes of a gzip file from the beginning. A piece is done with when the next one is asked for. */
export type OpenGzip = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/**
 * Threads that look for recipes and restore gzip files. Memory is bounded by their number, not by what they work on. Nothing is read
 * faster than it is worked on.
 */
export declare class SqueezeThreads implements AsyncDisposable {
  /** @param count how many threads; each is started when it is first needed */
  constructor(count: number);

  /**
   * Looks for a recipe of a gzip file. As many at a time as there are threads; others wait for their turn.
   *
   * @param open is called once, and again where what looked right at the beginning turns out wrong later in the file
   * @throws PaletteEdgeError `BLOB_MISMATCH` (kind content) when the bytes are not those of the digest
   */
  analyze(
    gzip: BlobIdentity,
    open: OpenGzip,
    options: AnalysisOptions & { readonly signal: AbortSignal },
  ): Promise<Analysis>;

  /**
   * The plain bytes of a gzip file that has a recipe: those its recipe begins from. A piece belongs to whoever takes it.
   *
   * @throws PaletteEdgeError `GZIP_INVALID` (kind content) when it is not valid gzip
   */
  inflate(content: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array>;

  /**
   * The exact bytes of a gzip file, in order. A piece belongs to whoever takes it. One file is restored by all threads where its
   * recipe allows it. The iteration throws instead of ending when digest or size do not match.
   *
   * @throws PaletteEdgeError `RECIPE_MISMATCH` (kind content) when recipe and plain bytes do not give the file's bytes
   */
  restore(recipe: Recipe, plain: PlainSource, signal: AbortSignal): AsyncIterable<Uint8Array>;

  /** Ends the threads. What is under way fails. */
  [Symbol.asyncDispose](): Promise<void>;
}
