import { Flags } from '@oclif/core';

import { registryFlags } from './registry-flags.ts';
import type { RegistryFlags } from './registry-flags.ts';

const { mirror: _mirror, concurrency: _concurrency, 'max-rate': _maxRate, ...reachFlags } = registryFlags;

/** How a place of published bundles is reached. */
export const publishReachFlags = {
  ...reachFlags,
  concurrency: Flags.integer({
    helpGroup: 'REGISTRY',
    helpValue: 'N',
    summary: 'Files, and parts of large ones, at a time.',
    min: 1,
    max: 64,
    default: 6,
  }),
  'max-rate': Flags.string({
    helpGroup: 'REGISTRY',
    helpValue: 'RATE',
    summary: 'Send and receive no faster than this, all together: 20MB/s, 1.5MiB/s, 100Mbit/s.',
  }),
};

/** What was given for {@link publishReachFlags}. */
export type PublishReachFlags = Omit<RegistryFlags, 'mirror'>;
