import { Flags } from '@oclif/core';

/** Where blobs are kept between runs: here, and where other builders find them. */
export const storeFlags = {
  store: Flags.string({
    helpGroup: 'STORE',
    helpValue: 'DIR|URL',
    summary:
      'Where pulled blobs are kept for the next build; oci://REGISTRY/REPOSITORY or s3://BUCKET/PREFIX for other builders, too.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    env: 'PALETTE_EDGE_STORE',
    defaultHelp: async () => await Promise.resolve('in the cache folder of the user'),
  }),
};
