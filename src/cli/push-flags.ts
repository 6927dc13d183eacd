import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { Platform } from '../oci/descriptor.ts';
import { parsePlatform } from '../oci/platform.ts';
import { formatRepository } from '../oci/reference.ts';
import type { PushInput, PushNaming } from '../workflows/push-input.ts';
import { baseFlags, baseRegistryFlag, baseRequest } from './base-flags.ts';
import { namePrefix } from './prefix-pair.ts';
import type { PrefixFlag } from './prefix-pair.ts';
import { concurrencyFlag, maxRateFlag, registryFlags } from './registry-flags.ts';
import type { RegistryFlags } from './registry-flags.ts';
import { nameMappings } from './scope-flags.ts';

const { mirror: _mirror, ...reachFlags } = registryFlags;

/** What is pushed, as what, and how the registry is reached. */
export const pushFlags = {
  ...baseFlags,
  ...baseRegistryFlag,
  image: Flags.string({
    helpGroup: 'SCOPE',
    helpValue: 'PATTERN',
    summary:
      'Push only these, with their signatures: * is anything within a part of the name, ** is anything.',
    description: 'As in docker.io/library/nginx:*, ghcr.io/org/**, **/test-*. Names are those in the bundle.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  map: Flags.string({
    helpGroup: 'SCOPE',
    helpValue: 'PREFIX=PREFIX',
    summary: 'Name images otherwise: ghcr.io/org=registry.site:5000/mirror/org. The whole new name counts.',
    description: 'The longest prefix counts. Digests stay.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'keep-registry': Flags.boolean({
    helpGroup: 'SCOPE',
    summary: 'Keep the registry in the names: REGISTRY/docker.io/library/nginx, not REGISTRY/library/nginx.',
    default: false,
  }),
  arch: Flags.string({
    helpGroup: 'PLATFORM',
    options: ['amd64', 'arm64'],
    summary: 'Push the image of linux/amd64 or linux/arm64 under the tag, in place of the image index.',
    exclusive: ['platform'],
  }),
  platform: Flags.string({
    helpGroup: 'PLATFORM',
    helpValue: 'OS/ARCH[/VARIANT]',
    summary: 'Push the image of this platform under the tag, in place of the image index.',
  }),
  ...reachFlags,
  concurrency: concurrencyFlag('Requests at a time, uploads included.'),
  'max-rate': maxRateFlag('Send no faster than this, all uploads together'),
  'dry-run': Flags.boolean({
    helpGroup: 'OUTPUT',
    summary: 'Ask what is there, say what would be sent, and stop.',
    default: false,
  }),
};

/** What was given for {@link pushFlags}. */
export interface PushFlags extends Omit<RegistryFlags, 'mirror'> {
  readonly base?: readonly string[];
  readonly 'base-registry'?: readonly string[];
  readonly image: readonly string[];
  readonly map: readonly string[];
  readonly 'keep-registry': boolean;
  readonly arch: string | undefined;
  readonly platform: string | undefined;
  readonly 'dry-run': boolean;
}

const destinationArgument: PrefixFlag = {
  name: 'REGISTRY',
  code: 'REGISTRY_INVALID',
  example: 'registry.example.com:5000/hub',
  shape: 'HOST[:PORT][/PREFIX]',
};

const mapFlag: PrefixFlag = {
  name: '--map',
  code: 'MAP_INVALID',
  example: 'ghcr.io/org=registry.example.com:5000/mirror/org',
  pointless: 'changes nothing',
};

/**
 * What to push, from the arguments and flags of `push`.
 *
 * @param names bundles, and the registry at last
 * @throws PaletteEdgeError of kind usage: `REGISTRY_MISSING`, `REGISTRY_INVALID`, `MAP_INVALID`, `PLATFORM_INVALID`
 */
export function pushInput(names: readonly string[], flags: PushFlags): PushInput {
  const paths = names.slice(0, -1);
  const last = names.at(-1) ?? '';
  if (paths.length === 0 || isBundlePath(last)) throw registryMissing(last);
  return {
    paths,
    bases: baseRequest(flags),
    naming: pushNaming(last, flags),
    patterns: [...new Set(flags.image)],
    platform: chosenPlatform(flags),
    isDryRun: flags['dry-run'],
  };
}

function pushNaming(text: string, flags: PushFlags): PushNaming {
  const destination = namePrefix(text, destinationArgument);
  const mappings = nameMappings(flags.map, mapFlag);
  const stray = mappings.find(({ to }) => to.registry !== destination.registry);
  if (stray !== undefined) {
    const { registry, path } = stray.to;
    throw new PaletteEdgeError(
      'MAP_INVALID',
      `--map names ${formatRepository({ registry, repository: path })}, which is not in ${destination.registry}`,
      {
        kind: 'usage',
        suggestions: [`Expected --map PREFIX=${destination.registry}/…: all is pushed there.`],
      },
    );
  }
  return { destination, mappings, keepsRegistry: flags['keep-registry'] };
}

function chosenPlatform({ arch, platform }: PushFlags): Platform | undefined {
  if (platform !== undefined) return parsePlatform(platform);
  return arch === undefined ? undefined : parsePlatform(`linux/${arch}`);
}

/** A mistake that is easily made: no registry ends like that. */
function isBundlePath(name: string): boolean {
  return /\.(?:zst|tar|json)$/.test(name) || /^[./]/.test(name);
}

function registryMissing(last: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'REGISTRY_MISSING',
    `expected bundles, then a registry; the last name is ${JSON.stringify(last)}`,
    {
      kind: 'usage',
      suggestions: [
        'Expected BUNDLE… REGISTRY[/PREFIX], as in core.tar.zst registry.example.com:5000/hub: the registry comes last.',
      ],
    },
  );
}
