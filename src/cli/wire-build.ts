import type { Config } from '@oclif/core';

import { HashThread } from '../io/hash-thread.ts';
import { BlobStore } from '../store/blob-store.ts';
import type { BuildListener } from '../workflows/build-event.ts';
import type { BuildResources } from '../workflows/build-input.ts';
import type { PaletteAccessFlags } from './palette-flags.ts';
import type { RegistryFlags } from './registry-flags.ts';
import { KeptAnalyses } from '../workflows/kept-analyses.ts';
import { recipeFolder, storeFolder } from './store-folder.ts';
import type { StoreFlags } from './store-folder.ts';
import { paletteClient } from './wire-palette.ts';
import { wireRegistry } from './wire-registry.ts';
import { wireSharedStores } from './wire-shared-stores.ts';

/** The real parts of a build. Disposing closes every connection and ends the threads. */
export interface BuildWiring extends AsyncDisposable {
  readonly resources: BuildResources;
}

/** @throws PaletteEdgeError as {@link wireRegistry} does */
export async function wireBuild(
  flags: RegistryFlags & StoreFlags & Partial<PaletteAccessFlags>,
  config: Pick<Config, 'cacheDir' | 'bin' | 'version'>,
  listener: BuildListener,
): Promise<BuildWiring> {
  const { bin, version } = config;
  // What is wrong with it is told before anything is done.
  const folder = storeFolder(flags, config);
  const makeSharedStores = await wireSharedStores(flags);
  const registry = await wireRegistry(flags, `${bin}/${version}`);
  // Each hashes and writes: one what comes in, one what goes out.
  const ingester = new HashThread();
  const hasher = new HashThread();
  const stores: BlobStore[] = [];
  return {
    resources: {
      createRegistryClient: registry.createRegistryClient,
      createChartRepositories: registry.createChartRepositories,
      createPaletteClient: () =>
        paletteClient(flags, {
          http: registry.http,
          onRetry: ({ host, ...retry }) => listener({ kind: 'retry', retry: { registry: host, ...retry } }),
        }),
      openStore: async () => {
        const store = await BlobStore.open(folder, ingester);
        stores.push(store);
        return store;
      },
      sharedStores: makeSharedStores({
        ...registry,
        concurrency: flags.concurrency,
        onRetry: (retry) => listener({ kind: 'retry', retry }),
      }),
      hasher,
      concurrency: flags.concurrency,
      tool: { name: bin, version },
      known: new KeptAnalyses(recipeFolder(config)),
      listener,
      now: () => performance.now(),
    },
    [Symbol.asyncDispose]: async () => {
      await using _ingester = ingester;
      await using _hasher = hasher;
      // A build that is over needs nothing of the store any more: a prune may take it.
      for (const store of stores) await store[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}
