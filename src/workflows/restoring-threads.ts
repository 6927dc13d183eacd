import { availableParallelism } from 'node:os';

import type { LayerRestorer, SqueezedContent } from '../bundle/layer-restorer.ts';
import { PaletteEdgeError } from '../errors.ts';
import { parseRecipe } from '../squeeze/recipe.ts';
import { SqueezeThreads } from '../squeeze/squeeze-threads.ts';

/** Restores layers of one bundle in threads, which start when the first layer is asked for. */
export class RestoringThreads implements LayerRestorer {
  #threads: SqueezeThreads | undefined;

  async *restore(
    { layer, recipe, plainSize, plain }: SqueezedContent,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const parsed = parseRecipe(await recipe(signal), layer.digest);
    const { gzip } = parsed;
    if (gzip.digest !== layer.digest || gzip.size !== layer.size || parsed.plain.size !== plainSize) {
      throw new PaletteEdgeError('RECIPE_MISMATCH', `the recipe of ${layer.digest} is that of ${gzip.digest}`, {
        kind: 'content',
        suggestions: ['palette-edge verify tells what else is damaged.'],
      });
    }
    this.#threads ??= new SqueezeThreads(availableParallelism());
    yield* this.#threads.restore(parsed, { size: plainSize, open: plain }, signal);
  }

  async close(): Promise<void> {
    await this.#threads?.[Symbol.asyncDispose]();
  }
}
