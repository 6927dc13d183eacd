import type { Config } from '@oclif/core';

import { HashThread } from '../io/hash-thread.ts';
import { KeptAnalyses } from '../workflows/kept-analyses.ts';
import type { SqueezeListener, SqueezeResources } from '../workflows/squeeze-bundle.ts';
import type { Progress } from './progress.ts';
import { recipeFolder } from './store-folder.ts';

/** The real parts that squeeze. Disposing ends the thread. */
export interface SqueezeWiring extends AsyncDisposable {
  readonly resources: SqueezeResources;
}

/** What was found out about layers is kept in the cache folder of the user. */
export function wireSqueeze(
  config: Pick<Config, 'cacheDir' | 'bin' | 'version'>,
  listener: SqueezeListener,
): SqueezeWiring {
  const { bin, version } = config;
  const hasher = new HashThread();
  const known = new KeptAnalyses(recipeFolder(config));
  return {
    resources: { hasher, tool: { name: bin, version }, known, listener },
    [Symbol.asyncDispose]: async () => await hasher[Symbol.asyncDispose](),
  };
}

const phaseLabels: Readonly<Record<Parameters<SqueezeListener['onPhase']>[0], string>> = {
  analyzing: 'Looking at layers',
  writing: 'Squeezing',
};

/** Shows squeezing as progress. */
export function squeezeListener(progress: Progress): SqueezeListener {
  return {
    onPhase: (phase, total) => progress.startPhase(phaseLabels[phase], total),
    onBytes: (count) => progress.advance(count),
  };
}
