import { digestOf } from '../../src/oci/digest.ts';
import type { Analysis, AnalysisOptions } from '../../src/squeeze/analysis.ts';
import { parseRecipe } from '../../src/squeeze/recipe.ts';
import type { Recipe } from '../../src/squeeze/recipe.ts';
import type { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';

const { signal } = new AbortController();

/** Bytes in pieces, each of which is overwritten when the next one is asked for. */
export async function* inPieces(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    piece.set(part);
    yield await Promise.resolve(piece.subarray(0, part.length));
    piece.fill(0xee);
  }
}

/** All that is yielded, in order. */
export async function allOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

/** Analyzes bytes. */
export async function analyzeBytes(
  threads: SqueezeThreads,
  gzip: Uint8Array,
  options: AnalysisOptions = {},
): Promise<Analysis> {
  const identity = { digest: digestOf(gzip), size: gzip.length };
  return await threads.analyze(identity, () => inPieces(gzip), { ...options, signal });
}

/** The plain bytes that a recipe of these bytes would begin from. */
export async function inflateBytes(threads: SqueezeThreads, gzip: Uint8Array): Promise<Buffer> {
  return Buffer.concat(await allOf(threads.inflate(inPieces(gzip), signal)));
}

/** What a recipe gives. */
export async function restoreBytes(
  threads: SqueezeThreads,
  recipe: Recipe,
  plain: Uint8Array,
): Promise<Buffer> {
  const source = {
    size: plain.length,
    open: (start: number) => inPieces(plain.subarray(start), 70_001),
  };
  return Buffer.concat(await allOf(threads.restore(recipe, source, signal)));
}

/**
 * Analyzes a gzip file and restores it from what was found.
 *
 * @returns who wrote it, or why it is kept, and the recipe
 * @throws Error when what is restored are other bytes
 */
export async function roundTrip(
  threads: SqueezeThreads,
  gzip: Uint8Array,
): Promise<{ readonly found: string; readonly recipe?: Recipe; readonly recipeSize: number }> {
  const analysis = await analyzeBytes(threads, gzip);
  if (analysis.outcome === 'kept') return { found: `kept: ${analysis.reason}`, recipeSize: 0 };
  const plain = await inflateBytes(threads, gzip);
  if (digestOf(plain) !== analysis.plain.digest) throw new Error('the plain bytes are others');
  const recipe = parseRecipe(analysis.recipe, 'the trial');
  const restored = await restoreBytes(threads, recipe, plain);
  if (!restored.equals(gzip)) throw new Error('other bytes were restored');
  return { found: analysis.encoder, recipe, recipeSize: analysis.recipe.length };
}
