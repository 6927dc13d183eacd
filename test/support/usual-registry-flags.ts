import type { RegistryFlags } from '../../src/cli/registry-flags.ts';

/** What flags of registries are when nobody gave one, but for the file of the user's own, which tests do not read. */
export const usualRegistryFlags: RegistryFlags = {
  concurrency: 6,
  'cred-file-path': undefined,
  'plain-http': [],
  insecure: [],
  'ca-cert': [],
  'cert-dir': undefined,
  'max-rate': undefined,
  mirror: [],
  'registries-file': false,
};
