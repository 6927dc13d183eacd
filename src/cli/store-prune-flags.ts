import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { parseByteSize } from '../io/parse-byte-size.ts';
import type { StorePruneInput } from '../workflows/store-prune.ts';
import { parseAge } from './store-parse-age.ts';

/** What is pruned. */
export const storePruneFlags = {
  'max-size': Flags.string({
    helpValue: 'SIZE',
    summary: 'Remove what was used least recently until no more than this is left: 50GB, 20GiB, 0.',
  }),
  'older-than': Flags.string({
    helpValue: 'AGE',
    summary: 'Remove what was not used for longer: 30d, 12h, 2w.',
  }),
  'keep-base': Flags.file({
    helpValue: 'BUNDLE',
    summary:
      'Keep what this bundle needs, against which delta bundles are made: a bundle in any form, or the inventory of one.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'dry-run': Flags.boolean({ default: false, summary: 'Tell what would be removed, and remove nothing.' }),
};

/** What was given for {@link storePruneFlags}. */
export interface StorePruneFlags {
  readonly 'max-size': string | undefined;
  readonly 'older-than': string | undefined;
}

/** @throws PaletteEdgeError `PRUNE_LIMIT_MISSING`, `PRUNE_LIMIT_INVALID` (kind usage) */
export function pruneLimits(flags: StorePruneFlags): Pick<StorePruneInput, 'maximumBytes' | 'olderThanMs'> {
  const { 'max-size': size, 'older-than': age } = flags;
  if (size === undefined && age === undefined) {
    throw usage(
      'PRUNE_LIMIT_MISSING',
      'nothing says what is to be removed: expected --max-size or --older-than',
      ['Keep 50 GB: --max-size 50GB', 'Remove what was not used for 30 days: --older-than 30d'],
    );
  }
  return {
    maximumBytes: read('--max-size', size, {
      parse: parseByteSize,
      expected: 'a size',
      example: '50GB, 20GiB, 700MB, or bytes',
    }),
    olderThanMs: read('--older-than', age, {
      parse: parseAge,
      expected: 'an age',
      example: '30d, 2w, 12h, or 45m for minutes',
    }),
  };
}

interface Reading {
  readonly parse: (text: string) => number | undefined;
  readonly expected: string;
  readonly example: string;
}

function read(
  flag: string,
  text: string | undefined,
  { parse, expected, example }: Reading,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value !== undefined) return value;
  throw usage('PRUNE_LIMIT_INVALID', `${flag} ${JSON.stringify(text)}: expected ${expected}`, [
    `Write it like this: ${example}`,
  ]);
}

function usage(code: string, message: string, suggestions: readonly string[]): PaletteEdgeError {
  return new PaletteEdgeError(code, message, { kind: 'usage', suggestions });
}
