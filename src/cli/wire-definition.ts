import type { Config } from '@oclif/core';

import type { FetchContext } from '../workflows/fetch-small.ts';
import { BuildCharts } from '../workflows/build-charts.ts';
import type { BuildListener } from '../workflows/build-event.ts';
import { pinCharts } from '../workflows/pin-charts.ts';
import type { ChartSource } from '../workflows/resolve-images.ts';
import type { WriteDefinitionResources } from '../workflows/write-definition.ts';
import type { RegistryFlags } from './registry-flags.ts';
import { wireBuild } from './wire-build.ts';

/** The real parts that write a definition. Disposing closes every connection and ends the thread. */
export interface DefinitionWiring extends AsyncDisposable, Omit<WriteDefinitionResources, 'signal'> {
  /** Undefined when nobody is to be asked. */
  readonly charts: ChartSource | undefined;
}

/** Who is told, and until when. */
export interface DefinitionWatch {
  readonly listener: BuildListener;
  readonly signal: AbortSignal;
}

/**
 * Charts are fetched into the store, where the build finds them.
 *
 * @throws PaletteEdgeError as {@link wireBuild} does
 */
export async function wireDefinition(
  flags: RegistryFlags & { readonly offline: boolean; readonly store?: string | undefined },
  config: Pick<Config, 'cacheDir' | 'bin' | 'version'>,
  { listener, signal }: DefinitionWatch,
): Promise<DefinitionWiring> {
  const wiring = await wireBuild({ ...flags, store: flags.store }, config, listener);
  const { createRegistryClient, createChartRepositories, openStore, hasher } = wiring.resources;
  const end = { hasher, [Symbol.asyncDispose]: async () => await wiring[Symbol.asyncDispose]() };
  if (flags.offline || createChartRepositories === undefined)
    return { registry: undefined, pinChart: undefined, charts: undefined, ...end };
  const onRetry = (retry: Parameters<Parameters<typeof createRegistryClient>[0]>[0]): void =>
    listener({ kind: 'retry', retry });
  const registry = createRegistryClient(onRetry);
  const repositories = createChartRepositories(onRetry);
  let store: Promise<FetchContext['store']> | undefined;
  const openOnce = async (): Promise<FetchContext['store']> => await (store ??= openStore());
  return {
    registry,
    charts: new BuildCharts({
      registry,
      signal,
      openStore: openOnce,
      createRepositories: () => repositories,
      listener,
    }),
    pinChart: async (chart) =>
      await pinCharts([chart], {
        registry,
        repositories,
        store: await openOnce(),
        signal,
        received: { bytes: 0 },
      }),
    ...end,
  };
}
