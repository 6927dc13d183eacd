import { Flags } from '@oclif/core';

import type { Platform } from '../oci/descriptor.ts';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';

const helpGroup = 'PLATFORM';

/** Which platforms of multi-platform images are kept. */
export const platformFlags = {
  arch: Flags.string({
    helpGroup,
    options: ['amd64', 'arm64'],
    summary: 'Keep only linux/amd64 or linux/arm64. Image indexes keep their bytes and digests.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  platform: Flags.string({
    helpGroup,
    helpValue: 'OS/ARCH[/VARIANT]',
    summary: 'Keep only this platform, as in linux/arm/v7. Image indexes keep their bytes and digests.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  'allow-missing-platform': Flags.boolean({
    helpGroup,
    summary: 'Only warn of an image that lacks a platform.',
    default: false,
  }),
};

/**
 * @returns undefined when none was named: then all are kept
 * @throws PaletteEdgeError `PLATFORM_INVALID` (kind usage)
 */
export function keptPlatforms(flags: {
  readonly arch: readonly string[];
  readonly platform: readonly string[];
}): Platform[] | undefined {
  const texts = [...flags.arch.map((arch) => `linux/${arch}`), ...flags.platform];
  const platforms = new Map(texts.map(parsePlatform).map((platform) => [formatPlatform(platform), platform]));
  return platforms.size === 0 ? undefined : [...platforms.values()];
}
