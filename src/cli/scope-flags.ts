import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { NameMapping } from '../oci/name-mapping.ts';
import type { ImageScope } from '../workflows/scope-images.ts';
import { prefixPair } from './prefix-pair.ts';
import type { PrefixFlag } from './prefix-pair.ts';

const helpGroup = 'SCOPE';

/** What is left out, what is there already, and what is called otherwise. */
export const scopeFlags = {
  'exclude-profile': Flags.string({
    helpGroup,
    helpValue: 'NAME|FILE|UID',
    summary: 'Leave out the images and charts of this profile, also those that another one asks for.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  exclude: Flags.string({
    helpGroup,
    helpValue: 'PATTERN',
    summary: 'Leave out images and charts: * is anything within a part of the name, ** is anything.',
    description: 'As in gcr.io/*/debug, docker.io/library/busybox:*, **/test-*.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  map: Flags.string({
    helpGroup,
    helpValue: 'PREFIX=PREFIX',
    summary:
      'Rename images in the bundle: docker.io=registry.site:5000/hub. They are pulled from where they are.',
    description: 'The longest prefix counts.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
};

/** What goes into a bundle besides images, and where it need not be pulled from. */
export const contentFlags = {
  file: Flags.string({
    helpGroup: 'INPUT',
    helpValue: 'PATH[:NAME]',
    summary:
      'Put this file into the bundle as it is, under its own name or another one, which may have folders.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'existing-bundle': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Take from this bundle what it has, in place of pulling it. The new bundle has all of it again.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
};

/** What was given for {@link scopeFlags}. */
export interface ScopeFlags {
  readonly 'exclude-profile': readonly string[];
  readonly exclude: readonly string[];
  readonly map: readonly string[];
}

/** What was given for {@link contentFlags}. */
export interface ContentFlags {
  readonly file: readonly string[];
  readonly 'existing-bundle': readonly string[];
}

const mapFlag: PrefixFlag = {
  name: '--map',
  code: 'MAP_INVALID',
  example: 'docker.io=registry.example.com:5000/hub',
  pointless: 'changes nothing',
};

/** @throws PaletteEdgeError `MAP_INVALID` (kind usage), also for two names of one prefix */
export function imageScope(flags: ScopeFlags): ImageScope {
  return {
    excludedProfiles: [...new Set(flags['exclude-profile'])],
    excludes: [...new Set(flags.exclude)],
    mappings: nameMappings(flags.map, mapFlag),
  };
}

/** @throws PaletteEdgeError `MAP_INVALID` (kind usage), also for two names of one prefix */
export function nameMappings(texts: readonly string[], flag: PrefixFlag): readonly NameMapping[] {
  const mappings = new Map<string, NameMapping>();
  for (const text of texts) {
    const mapping = prefixPair(text, flag);
    const key = JSON.stringify(mapping.from);
    const known = mappings.get(key) ?? mapping;
    if (JSON.stringify(known) !== JSON.stringify(mapping)) throw twoNames(text);
    mappings.set(key, mapping);
  }
  return [...mappings.values()];
}

function twoNames(text: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'MAP_INVALID',
    `--map ${JSON.stringify(text)}: the same prefix is mapped to another one already`,
    { kind: 'usage', suggestions: ['Give each prefix one new name.'] },
  );
}
