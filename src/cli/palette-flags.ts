import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import { isClusterDefinitionName } from '../palette-api/fetch-cluster-definition.ts';
import type { ClusterDefinitionRequest } from '../palette-api/fetch-cluster-definition.ts';
import { parsePaletteUid } from '../palette-api/palette-uid.ts';
import type { PaletteRequest } from '../workflows/fetch-profiles.ts';

const helpGroup = 'PALETTE';

/** Palette as a service. */
export const defaultEndpoint = 'api.spectrocloud.com';

/** How Palette is reached, and as whom. */
export const paletteAccessFlags = {
  'palette-endpoint': Flags.string({
    helpGroup,
    helpValue: 'HOST',
    summary: 'The API of Palette, with or without https:// and /api.',
    default: defaultEndpoint,
  }),
  'project-id': Flags.string({
    helpGroup,
    helpValue: 'UID',
    summary: 'The project of the profiles; without one those of the tenant.',
  }),
  'api-key': Flags.string({
    helpGroup,
    helpValue: 'KEY',
    summary:
      'API key of Palette. Better in the environment, as PALETTE_API_KEY: others can see a command line.',
  }),
};

/** What comes from Palette: shared by the commands that resolve. */
export const paletteFlags = {
  'cluster-profile-ids': Flags.string({
    helpGroup,
    helpValue: 'UID,UID',
    summary: 'Cluster profiles in Palette, with the manifests and variables that they have there.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'include-palette-content': Flags.boolean({
    helpGroup,
    summary: 'Images of the Palette agent and of all services of Palette, at the versions that Palette runs.',
    default: false,
  }),
  'include-core-images-only': Flags.boolean({
    helpGroup,
    summary: 'Images of the Palette agent alone: what creating a cluster needs.',
    default: false,
  }),
  ...paletteAccessFlags,
};

/** The cluster definition that goes into a bundle. */
export const clusterDefinitionFlags = {
  'cluster-definition-name': Flags.string({
    helpGroup,
    helpValue: 'NAME',
    summary:
      'Download a cluster definition, put it into the bundle, and beside it as cluster-definition-NAME.tgz.',
  }),
  'cluster-definition-profile-ids': Flags.string({
    helpGroup,
    helpValue: 'UID,UID',
    summary: 'The profiles of the cluster definition.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    defaultHelp: async () => await Promise.resolve('those of --cluster-profile-ids'),
  }),
};

/** What was given for {@link paletteAccessFlags}. */
export interface PaletteAccessFlags {
  readonly 'palette-endpoint': string;
  readonly 'project-id': string | undefined;
  readonly 'api-key': string | undefined;
}

/** What was given for {@link paletteFlags}, but for the access. */
export interface PaletteFlags {
  readonly 'cluster-profile-ids': readonly string[];
  readonly 'include-palette-content': boolean;
  readonly 'include-core-images-only': boolean;
}

/** What was given for {@link clusterDefinitionFlags}, and for the profiles. */
export interface ClusterDefinitionFlags extends Pick<PaletteFlags, 'cluster-profile-ids'> {
  readonly 'cluster-definition-name': string | undefined;
  readonly 'cluster-definition-profile-ids': readonly string[];
}

/**
 * @returns undefined when nothing is asked of Palette
 * @throws PaletteEdgeError of kind usage: `PALETTE_UID_INVALID`, `PALETTE_FLAGS_CONFLICT`
 */
export function paletteRequest(flags: PaletteFlags): PaletteRequest | undefined {
  const profileUids = uidList('cluster-profile-ids', flags['cluster-profile-ids']);
  const isAll = flags['include-palette-content'];
  const isAgentOnly = flags['include-core-images-only'];
  if (isAll && isAgentOnly) {
    const message = '--include-palette-content and --include-core-images-only were both given';
    const suggestions = ['--include-palette-content includes what --include-core-images-only does.'];
    throw new PaletteEdgeError('PALETTE_FLAGS_CONFLICT', message, { kind: 'usage', suggestions });
  }
  const services = isAll ? 'all' : isAgentOnly ? 'agent' : 'none';
  return profileUids.length === 0 && services === 'none' ? undefined : { profileUids, services };
}

/**
 * @returns undefined when no cluster definition is wanted
 * @throws PaletteEdgeError of kind usage: `PALETTE_UID_INVALID`, `CLUSTER_DEFINITION_INCOMPLETE`,
 *   `CLUSTER_DEFINITION_NAME_INVALID`
 */
export function clusterDefinitionRequest(
  flags: ClusterDefinitionFlags,
): ClusterDefinitionRequest | undefined {
  const given = flags['cluster-definition-name'];
  const own = uidList('cluster-definition-profile-ids', flags['cluster-definition-profile-ids']);
  if (given === undefined && own.length === 0) return undefined;
  if (given === undefined)
    throw incomplete('the cluster definition has no name', '--cluster-definition-name NAME');
  const profileUids = own.length > 0 ? own : uidList('cluster-profile-ids', flags['cluster-profile-ids']);
  if (profileUids.length === 0) {
    throw incomplete('the cluster definition has no profiles', '--cluster-definition-profile-ids UID,UID');
  }
  const name = given.replace(/\.tgz$/, '');
  if (isClusterDefinitionName(name)) return { name, profileUids };
  throw new PaletteEdgeError(
    'CLUSTER_DEFINITION_NAME_INVALID',
    `--cluster-definition-name ${JSON.stringify(given.slice(0, 100))} cannot name a file`,
    {
      kind: 'usage',
      suggestions: [
        'Use up to 60 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
      ],
    },
  );
}

function incomplete(message: string, flag: string): PaletteEdgeError {
  return new PaletteEdgeError('CLUSTER_DEFINITION_INCOMPLETE', message, {
    kind: 'usage',
    suggestions: [`Add ${flag}`],
  });
}

/** Each once: by commas, by repeating the flag, or both. */
function uidList(flag: string, texts: readonly string[]): string[] {
  const parts = texts.flatMap((text) => text.split(',')).filter((part) => part.trim() !== '');
  return [...new Set(parts.map((part) => parsePaletteUid(part, `--${flag}`)))];
}
