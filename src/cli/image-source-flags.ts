import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { PaletteRequest } from '../workflows/fetch-profiles.ts';
import type { ImageSources } from '../workflows/resolve-images.ts';

const helpGroup = 'INPUT';

/** Where images come from: shared by the commands that resolve. */
export const imageSourceFlags = {
  profile: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary:
      'Cluster profile: an export, the body of GET /v1/clusterprofiles/{uid}, or flattened; JSON or YAML.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  image: Flags.string({
    helpGroup,
    helpValue: 'REF',
    summary: 'Image reference.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'images-file': Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'List of image references, one on each line; # begins a comment.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  manifest: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    summary: 'Kubernetes manifest: the images of its pod specs and custom resources.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  chart: Flags.string({
    helpGroup,
    helpValue: 'REF',
    summary: 'Helm chart: oci://HOST/PATH/NAME:VERSION, or repo=URL,name=NAME,version=VERSION.',
    description:
      'The version may be a range, as ^1.2: the newest in it is taken. Logins are those of registries, and of the list "helm" of --cred-file-path.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  var: Flags.string({
    helpGroup,
    helpValue: 'NAME=VALUE',
    summary: 'Value of the profile variable .spectro.var.NAME.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  macro: Flags.string({
    helpGroup,
    helpValue: 'NAME=VALUE',
    summary: 'Value of the macro .spectro.macro.NAME; system.PATH for .spectro.system.PATH.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
};

/** What was given for {@link imageSourceFlags}. */
export interface ImageSourceFlags {
  readonly profile: readonly string[];
  readonly image: readonly string[];
  readonly 'images-file': readonly string[];
  readonly manifest: readonly string[];
  readonly chart?: readonly string[] | undefined;
  readonly var: readonly string[];
  readonly macro: readonly string[];
}

/**
 * @param palette what is asked of Palette; undefined for nothing
 * @param hasOther whether something else goes into the bundle: then nothing need name an image
 * @throws PaletteEdgeError of kind usage: `NO_INPUT` when nothing that could name an image was given, `ASSIGNMENT_INVALID` for
 *   a `--var` or `--macro` without a name or value
 */
export function imageSources(
  flags: ImageSourceFlags,
  palette?: PaletteRequest,
  hasOther = false,
): ImageSources {
  const charts = flags.chart ?? [];
  const sources = [flags.profile, flags.image, flags['images-file'], flags.manifest, charts];
  if (palette === undefined && !hasOther && sources.every((given) => given.length === 0)) {
    throw new PaletteEdgeError('NO_INPUT', 'nothing was given that could name an image', {
      kind: 'usage',
      suggestions: [
        'Give --profile FILE, --cluster-profile-ids UID, --image REF, --images-file FILE, --manifest FILE or --chart REF.',
      ],
    });
  }
  return {
    profiles: flags.profile,
    images: flags.image,
    imagesFiles: flags['images-file'],
    manifests: flags.manifest,
    charts,
    variables: assignments('--var', flags.var),
    macros: assignments('--macro', flags.macro),
    palette,
  };
}

function assignments(flag: string, texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) {
        // Without the text: it may be a secret.
        throw new PaletteEdgeError('ASSIGNMENT_INVALID', `${flag} has no name or no value`, {
          kind: 'usage',
          suggestions: [`Expected ${flag} NAME=VALUE.`],
        });
      }
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
