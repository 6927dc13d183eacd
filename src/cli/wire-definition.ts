import type { Config } from '@oclif/core';

import { once } from '../io/once.ts';
import { BuildCharts } from '../workflows/build-charts.ts';
import type { BuildListener } from '../workflows/build-event.ts';
import type { BuildResources } from '../workflows/build-input.ts';
import { DefinitionCharts } from '../workflows/definition-charts.ts';
import { ExistingBundles } from '../workflows/existing-bundles.ts';
import type { FetchContext } from '../workflows/fetch-small.ts';
import { pinCharts } from '../workflows/pin-charts.ts';
import type { ChartPinner } from '../workflows/pin-defined-charts.ts';
import type { ChartSource } from '../workflows/resolve-images.ts';
import type { WriteDefinitionResources } from '../workflows/write-definition.ts';
import type { RegistryFlags } from './registry-flags.ts';
import { wireBuild } from './wire-build.ts';

/** The real parts that write a definition. Disposing closes every connection and bundle and ends the thread. */
export interface DefinitionWiring extends AsyncDisposable, Omit<WriteDefinitionResources, 'signal'> {
  readonly charts: ChartSource;
}

/** What decides who is asked. */
export interface DefinitionWiringFlags extends RegistryFlags {
  readonly offline: boolean;
  readonly store?: readonly string[];
  readonly 'existing-bundle': readonly string[];
}

/** Who is told, and until when. */
export interface DefinitionWatch {
  readonly listener: BuildListener;
  readonly signal: AbortSignal;
}

/**
 * Charts are fetched into the store, where the build finds them.
 *
 * @throws PaletteEdgeError as {@link wireBuild} and {@link ExistingBundles.open} do
 */
export async function wireDefinition(
  flags: DefinitionWiringFlags,
  config: Pick<Config, 'cacheDir' | 'bin' | 'version'>,
  { listener, signal }: DefinitionWatch,
): Promise<DefinitionWiring> {
  // What is damaged is told with what was written.
  const bundles = await ExistingBundles.open(flags['existing-bundle'], () => undefined);
  try {
    const wiring = await wireBuild({ ...flags, store: flags.store ?? [] }, config, listener);
    const openStore = once(wiring.resources.openStore);
    const places = { bundles, openStore, signal };
    const online = flags.offline ? undefined : wireOnline(wiring.resources, places);
    return {
      registry: online?.registry,
      pinChart: online?.pinChart,
      charts: new DefinitionCharts({ ...places, online: online?.charts }),
      bundles,
      openStore,
      hasher: wiring.resources.hasher,
      [Symbol.asyncDispose]: async () => {
        await using _bundles = bundles;
        await wiring[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await bundles[Symbol.asyncDispose]();
    throw error;
  }
}

interface Places extends Pick<FetchContext, 'signal'> {
  readonly bundles: ExistingBundles;
  readonly openStore: () => Promise<FetchContext['store']>;
}

function wireOnline(
  { createRegistryClient, createChartRepositories, listener }: BuildResources,
  { bundles, openStore, signal }: Places,
) {
  if (createChartRepositories === undefined) throw new TypeError('there is nobody to ask for charts');
  const onRetry = (retry: Parameters<Parameters<typeof createRegistryClient>[0]>[0]): void =>
    listener({ kind: 'retry', retry });
  const registry = createRegistryClient(onRetry);
  const repositories = createChartRepositories(onRetry);
  const context = { registry, bundles, signal };
  const charts = new BuildCharts({ ...context, openStore, createRepositories: () => repositories, listener });
  const pinChart: ChartPinner = async (chart) =>
    // What was fetched to be looked into is not asked for again.
    charts.found(chart) ??
    (await pinCharts([chart], {
      ...context,
      repositories,
      store: await openStore(),
      received: { bytes: 0 },
    }));
  return { registry, charts, pinChart };
}
