import { join } from 'node:path';

import type { Config } from '@oclif/core';

import type { BuildListener } from '../workflows/build-event.ts';
import type { DemoResources } from '../workflows/run-demo.ts';
import type { VerifyListener } from '../workflows/verify-bundle.ts';
import { wireBuild } from './wire-build.ts';

/** Who is told of what during the demo. */
export interface DemoListeners {
  readonly build: BuildListener;
  readonly verify: VerifyListener;
  readonly onRegistry: (host: string) => void;
}

/** The real parts of the demo: those of a build, with a store in the demo's own folder. */
export function wireDemo(
  folder: string,
  config: Pick<Config, 'cacheDir' | 'bin' | 'version'>,
  listeners: DemoListeners,
): DemoResources {
  return {
    useBuildResources: async (host, use) => {
      const flags = {
        concurrency: 6,
        'cred-file-path': undefined,
        'plain-http': [host],
        insecure: [],
        'ca-cert': [],
        'cert-dir': undefined,
        'max-rate': undefined,
        mirror: [],
        'registries-file': false as const,
        store: [join(folder, 'store')],
      };
      await using wiring = await wireBuild(flags, config, listeners.build);
      return await use(wiring.resources);
    },
    onRegistry: listeners.onRegistry,
    verifyListener: listeners.verify,
  };
}
