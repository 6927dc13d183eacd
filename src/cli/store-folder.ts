import { join } from 'node:path';

import type { Config } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { isSharedStoreUrl, shownStoreUrl } from '../store-sharing/shared-store-url.ts';

/** What `--store` says. */
export interface StoreFlags {
  readonly store: readonly string[];
}

/**
 * The folder of the store: as `--store` says, or in the cache folder of the user.
 *
 * @throws PaletteEdgeError `STORE_TWICE` or `STORE_INVALID` (kind usage)
 */
export function storeFolder({ store }: StoreFlags, { cacheDir }: Pick<Config, 'cacheDir'>): string {
  const folders = store.filter((text) => !isSharedStoreUrl(text));
  // A folder of such a name would be the remains of a mistake; without the text, which may hold a password.
  if (folders.some((text) => text === '' || /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text))) {
    throw new PaletteEdgeError('STORE_INVALID', '--store: this is neither a folder nor a shared store', {
      kind: 'usage',
      suggestions: ['Shared stores are named oci://REGISTRY/REPOSITORY or s3://BUCKET/PREFIX.'],
    });
  }
  const [folder = join(cacheDir, 'store'), second] = folders;
  if (second !== undefined) {
    throw new PaletteEdgeError('STORE_TWICE', `--store: ${folder} and ${second}: a build has one folder`, {
      kind: 'usage',
      suggestions: ['Name one folder. Of shared stores, oci://… and s3://…, there may be several.'],
    });
  }
  return folder;
}

/**
 * The same for commands that look into the folder itself.
 *
 * @throws PaletteEdgeError `STORE_NOT_HERE` (kind usage) when only shared stores are named, and as {@link storeFolder}
 */
export function ownStoreFolder(flags: StoreFlags, config: Pick<Config, 'cacheDir'>): string {
  const [shared] = flags.store;
  if (shared !== undefined && flags.store.every(isSharedStoreUrl)) {
    const message = `${shownStoreUrl(shared)} is a shared store: this looks into a folder`;
    throw new PaletteEdgeError('STORE_NOT_HERE', message, {
      kind: 'usage',
      suggestions: ['Name the folder: --store DIR', 'What is in a shared store its own server tells.'],
    });
  }
  return storeFolder(flags, config);
}

/** The shared stores that `--store` names, each once, as they were typed. */
export function sharedStoreUrls({ store }: StoreFlags): readonly string[] {
  return [...new Set(store.filter(isSharedStoreUrl))];
}

/** Where it is kept how far uploads to registries are. */
export function uploadFolder({ cacheDir }: Pick<Config, 'cacheDir'>): string {
  return join(cacheDir, 'uploads');
}

/** Where it is kept what was found out about layers. Another version may find other recipes. */
export function recipeFolder({ cacheDir, version }: Pick<Config, 'cacheDir' | 'version'>): string {
  return join(cacheDir, 'recipes', version);
}
