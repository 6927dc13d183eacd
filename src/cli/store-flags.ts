import { Flags } from '@oclif/core';

/** Where blobs are kept between runs. */
export const storeFlags = {
  store: Flags.directory({
    helpGroup: 'STORE',
    helpValue: 'DIR',
    summary: 'Where pulled blobs are kept for the next build.',
    defaultHelp: async () => await Promise.resolve('in the cache folder of the user'),
    env: 'PALETTE_EDGE_STORE',
  }),
};
