import { Flags } from '@oclif/core';

import type { BasePlace } from '../workflows/base-place.ts';
import type { BaseRequest } from '../workflows/open-with-bases.ts';
import { diskFolder } from './disk-folder.ts';
import { registryFlags } from './registry-flags.ts';

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

/** Where else what a delta bundle was made against may be. */
export const baseRegistryFlag = {
  'base-registry': Flags.string({
    helpGroup: 'INPUT',
    helpValue: 'HOST[:PORT][/PREFIX]',
    summary:
      'Take from this registry what a delta bundle lacks and no --base has: its base was pushed there.',
    description:
      'Where all is, is asked before anything is sent. With --base inventory.json, the inventory of the base, it is known in which repositories to look.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
};

/** As {@link baseRegistryFlag}, and how it is reached: of commands that speak to no other registry. */
export const baseRegistryFlags = {
  ...baseRegistryFlag,
  'cred-file-path': ofBases(registryFlags['cred-file-path']),
  'plain-http': ofBases(registryFlags['plain-http']),
  insecure: ofBases(registryFlags.insecure),
  'ca-cert': ofBases(registryFlags['ca-cert']),
  'cert-dir': ofBases(registryFlags['cert-dir']),
  'registries-file': ofBases(registryFlags['registries-file']),
};

function ofBases<T extends object>(flag: T): T {
  return { ...flag, helpGroup: 'BASE REGISTRY' };
}

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

/**
 * What was given for {@link baseFlags}. Undefined when nothing was.
 *
 * @param places where bases are as well
 */
export function baseRequest(
  { base = [] }: { readonly base?: readonly string[] },
  places: readonly BasePlace[] = [],
): BaseRequest | undefined {
  return base.length + places.length === 0 ? undefined : { paths: base, places, folder: diskFolder() };
}
