import { availableParallelism } from 'node:os';

import type { LayerRestorer, SqueezedContent } from '../bundle/layer-restorer.ts';
import { PaletteEdgeError } from '../errors.ts';
import { Turns } from '../io/turns.ts';
import type { Digest } from '../oci/digest.ts';
import { parseRecipe } from '../squeeze/recipe.ts';
import { SqueezeThreads } from '../squeeze/squeeze-threads.ts';

/** Each reads a long frame, whose window takes 128 MiB. */
const mostAtOnce = 3;

/** Restores layers of one bundle in threads, which start when the first layer is asked for. */
export class RestoringThreads implements LayerRestorer {
  readonly #turns = new Turns(Math.min(mostAtOnce, availableParallelism()));
  #threads: SqueezeThreads | undefined;

  async *restore(
    { layer, recipe, plainSize, plain }: SqueezedContent,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    // Before the recipe is read: it may be large.
    const release = await this.#turns.take(signal);
    try {
      const parsed = parseRecipe(await recipe(signal), layer.digest);
      const { gzip } = parsed;
      if (gzip.digest !== layer.digest || gzip.size !== layer.size || parsed.plain.size !== plainSize)
        throw recipeOfAnother(layer.digest, gzip.digest);
      this.#threads ??= new SqueezeThreads(availableParallelism());
      yield* this.#threads.restore(parsed, { size: plainSize, open: plain }, signal);
    } finally {
      release();
    }
  }

  async close(): Promise<void> {
    await this.#threads?.[Symbol.asyncDispose]();
  }
}

function recipeOfAnother(expected: Digest, received: Digest): PaletteEdgeError {
  return new PaletteEdgeError('RECIPE_MISMATCH', `the recipe of ${expected} is that of ${received}`, {
    kind: 'content',
    suggestions: ['palette-edge verify tells what else is damaged.'],
  });
}
