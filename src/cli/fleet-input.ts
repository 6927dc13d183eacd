import { dirname, join } from 'node:path';

import type { PlannedBundle } from '../fleet/plan-fleet.ts';
import type { FleetBuildInput } from '../workflows/fleet-content.ts';
import { definableInput, namedDefinition } from './definition-flags.ts';
import { encryptionRequest } from './encrypt-flags.ts';
import { isoRequest } from './iso-flags.ts';
import { optionalPrivateKey } from './private-key-flag.ts';
import { splitRequest } from './split-flags.ts';

const noIso = {
  'iso-label': undefined,
  'iso-path': undefined,
  'cluster-definition': undefined,
  add: undefined,
  'include-tool': undefined,
};

/**
 * What `build` would be told for a bundle of a fleet: its flags have one meaning.
 *
 * @param file the fleet file, from whose folder paths are
 * @throws PaletteEdgeError as `build` does for its flags
 */
export async function fleetInput(
  { content, options }: PlannedBundle,
  file: string,
  signal: AbortSignal,
): Promise<FleetBuildInput> {
  const { profiles, paletteProfiles, images, imagesFiles, manifests, charts, definition } = content;
  const { arch, map, exclude, squeeze, split, privateKey, encryptTo, iso } = options;
  const pathOf = (path: string): string => (path.startsWith('/') ? path : join(dirname(file), path));
  const flags = {
    profile: profiles.map(pathOf),
    'cluster-profile-ids': paletteProfiles,
    'include-palette-content': false,
    'include-core-images-only': false,
    image: images,
    'images-file': imagesFiles.map(pathOf),
    manifest: manifests.map(pathOf),
    chart: charts,
    var: [],
    macro: [],
    'exclude-profile': [],
    exclude,
    map,
    arch,
    platform: [],
    'allow-missing-platform': false,
    file: [],
    'existing-bundle': [],
    outfile: content.name,
  };
  const named = await namedDefinition(definition && pathOf(definition));
  return {
    ...definableInput(flags, { definition: named }),
    squeeze,
    split: splitRequest({ split: split === undefined ? undefined : String(split), 'part-style': undefined }),
    encryption: await encryptionRequest(
      { 'encrypt-to': [...encryptTo], 'encrypt-passphrase': false, json: undefined },
      signal,
    ),
    image: iso ? isoRequest(noIso) : undefined,
    privateKey: await optionalPrivateKey(privateKey && pathOf(privateKey), signal),
  };
}
