import { join } from 'node:path';

import type { Config } from '@oclif/core';

/** The folder of the store: as `--store` says, or in the cache folder of the user. */
export function storeFolder(
  { store }: { readonly store: string | undefined },
  { cacheDir }: Pick<Config, 'cacheDir'>,
): string {
  return store ?? join(cacheDir, 'store');
}

/** Where it is kept what was found out about layers. Another version may find other recipes. */
export function recipeFolder({ cacheDir, version }: Pick<Config, 'cacheDir' | 'version'>): string {
  return join(cacheDir, 'recipes', version);
}
