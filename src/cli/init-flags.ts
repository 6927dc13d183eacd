import { Flags } from '@oclif/core';

import { mediaNames } from '../workflows/config-text.ts';
import type { MediaName } from '../workflows/config-text.ts';
import { imageSourceFlags } from './image-source-flags.ts';
import { paletteAccessFlags, paletteFlags } from './palette-flags.ts';
import { platformFlags } from './platform-flags.ts';

const helpGroup = 'ANSWERS';

/** The answers that are asked for, as flags. */
export const initFlags = {
  profile: asAnswer(imageSourceFlags.profile),
  'images-file': asAnswer(imageSourceFlags['images-file']),
  'cluster-profile-ids': asAnswer(paletteFlags['cluster-profile-ids'], 'Cluster profiles in Palette.'),
  'project-id': asAnswer(paletteAccessFlags['project-id']),
  arch: asAnswer(platformFlags.arch, 'What the sites run on: nothing else is bundled.'),
  registry: Flags.string({
    helpGroup,
    helpValue: 'HOST[:PORT][/PREFIX]',
    summary: 'The registry at the site that bundles are pushed to.',
  }),
  media: Flags.option({ options: mediaNames })({
    helpGroup,
    summary:
      'How bundles get there: as one file, in parts for a stick with FAT32, as an ISO image, in an installer.',
  }),
  yes: Flags.boolean({
    summary:
      'Ask nothing: what no flag answers is as it is without a config file, with the profiles of this folder.',
  }),
  force: Flags.boolean({ summary: 'Replace the palette-edge.yaml that is there.' }),
};

/** What was given for {@link initFlags}. */
export interface InitFlags {
  readonly profile: readonly string[];
  readonly 'images-file': readonly string[];
  readonly 'cluster-profile-ids': readonly string[];
  readonly 'project-id': string | undefined;
  readonly arch: readonly string[];
  readonly registry: string | undefined;
  readonly media: MediaName | undefined;
}

function asAnswer<T extends { readonly summary?: string | undefined }>(flag: T, summary = flag.summary): T {
  return { ...flag, helpGroup, summary };
}
