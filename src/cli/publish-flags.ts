import { concurrencyFlag, maxRateFlag, registryFlags } from './registry-flags.ts';
import type { RegistryFlags } from './registry-flags.ts';

const { mirror: _mirror, ...reachFlags } = registryFlags;

/** How a place of published bundles is reached. */
export const publishReachFlags = {
  ...reachFlags,
  concurrency: concurrencyFlag('Files, and parts of large ones, at a time.'),
  'max-rate': maxRateFlag('Send and receive no faster than this, all together'),
};

/** What was given for {@link publishReachFlags}. */
export type PublishReachFlags = Omit<RegistryFlags, 'mirror'>;
