import { Flags } from '@oclif/core';

import { squeezeEfforts } from '../workflows/squeeze-effort.ts';

/** How bundles are squeezed. */
export const effortFlag = Flags.option({ options: squeezeEfforts })({
  helpGroup: 'OUTPUT',
  summary: 'How much time it may take for how few bytes.',
  default: 'balanced',
});

/** Where a bundle goes that is made of another one. */
export const convertedOutputFlag = Flags.file({
  helpGroup: 'OUTPUT',
  helpValue: 'FILE',
  char: 'o',
  summary: 'Path of the new bundle.',
  defaultHelp: async () => await Promise.resolve('beside the bundle'),
});
