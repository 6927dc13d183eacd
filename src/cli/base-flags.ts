import { Flags } from '@oclif/core';

import type { BaseRequest } from '../workflows/open-with-bases.ts';
import { diskFolder } from './disk-folder.ts';

/** What delta bundles were made against. */
export const baseFlags = {
  base: Flags.file({
    helpGroup: 'INPUT',
    helpValue: 'BUNDLE',
    summary: 'What a delta bundle was made against: a bundle in any form. Several are looked at in turn.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
};

/** What the receiver of a delta bundle has. */
export const deltaBaseFlag = Flags.file({
  helpGroup: 'OUTPUT',
  helpValue: 'BUNDLE',
  summary:
    'Write a delta bundle: only what this bundle lacks, which the receiver has. A bundle in any form, or the inventory of one.',
  multiple: true,
  multipleNonGreedy: true,
  default: [],
});

/** What was given for {@link baseFlags}. Undefined when nothing was. */
export function baseRequest({ base = [] }: { readonly base?: readonly string[] }): BaseRequest | undefined {
  return base.length === 0 ? undefined : { paths: base, folder: diskFolder() };
}
