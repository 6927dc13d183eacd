import { Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';

import { squeezeEfforts } from '../workflows/squeeze-effort.ts';

/** How bundles are squeezed. */
export const effortFlag = Flags.option({ options: squeezeEfforts })({
  helpGroup: 'OUTPUT',
  summary: 'How much time it may take for how few bytes.',
  default: 'balanced',
});

/** Whether what is built is squeezed, too. */
export const squeezeFlag = Flags.option({ options: squeezeEfforts })({
  helpGroup: 'OUTPUT',
  summary: 'Squeeze the bundle: the same digests in about two thirds of the bytes. Without a word, balanced.',
});

/** `--squeeze` alone stands for `--squeeze=balanced`: flags with and without a value are two things to oclif. */
export function withEffort(argv: readonly string[]): string[] {
  const efforts: readonly string[] = squeezeEfforts;
  return argv.map((argument, index) =>
    argument === '--squeeze' && !efforts.includes(argv[index + 1] ?? '') ? '--squeeze=balanced' : argument,
  );
}

/**
 * Where a bundle goes that is made of another one.
 *
 * @param usual where it goes without the flag
 */
export function convertedOutputFlag(usual: string): Interfaces.OptionFlag<string | undefined> {
  return Flags.file({
    helpGroup: 'OUTPUT',
    helpValue: 'FILE',
    char: 'o',
    summary: 'Path of the new bundle.',
    defaultHelp: async () => await Promise.resolve(usual),
  });
}
