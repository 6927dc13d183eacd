import { join } from 'node:path';

import type { Config } from '@oclif/core';

/** The folder of the store: as `--store` says, or in the cache folder of the user. */
export function storeFolder(
  { store }: { readonly store: string | undefined },
  { cacheDir }: Pick<Config, 'cacheDir'>,
): string {
  return store ?? join(cacheDir, 'store');
}
