import { Flags } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { Platform } from '../oci/descriptor.ts';
import { parsePlatform } from '../oci/platform.ts';
import { intoNames } from '../runtime/find-runtimes.ts';
import type { IntoName } from '../runtime/find-runtimes.ts';
import { baseFlags, baseRegistryFlags } from './base-flags.ts';

/** What is loaded, and where to. */
export const loadFlags = {
  ...baseFlags,
  ...baseRegistryFlags,
  into: Flags.string({
    helpValue: `${intoNames.join('|')}|FOLDER`,
    summary: 'Load into this; by default the only one that is found on this machine.',
    description:
      'k3s and rke2 stand for the folders from where they import images; any other folder is named with a slash, as in ./images.',
  }),
  namespace: Flags.string({
    helpGroup: 'CONTAINERD',
    helpValue: 'NAME',
    summary: 'Load into this namespace of containerd. Kubernetes has its images in k8s.io.',
    default: 'k8s.io',
  }),
  address: Flags.string({
    helpGroup: 'CONTAINERD',
    helpValue: 'SOCKET',
    summary:
      'The socket of containerd; by default CONTAINERD_ADDRESS, its usual place, or that of k3s and rke2.',
  }),
  'dry-run': Flags.boolean({
    helpGroup: 'OUTPUT',
    summary: 'Ask what is there, say what would be loaded, and stop.',
    default: false,
  }),
  image: Flags.string({
    helpGroup: 'SCOPE',
    helpValue: 'PATTERN',
    summary: 'Load only these: * is anything within a part of the name, ** is anything.',
    description: 'As in docker.io/library/nginx:*, ghcr.io/org/**, **/test-*. Names are those in the bundle.',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  uncompressed: Flags.boolean({
    summary:
      'Load layers of a squeezed bundle without compressing them again, where only the ids of images matter.',
    description:
      'Manifests then have other digests than in the bundle, and ids of images stay. Images that are named with a digest, and layers that are not squeezed, are loaded as they are.',
    default: false,
  }),
  arch: Flags.string({
    helpGroup: 'PLATFORM',
    options: ['amd64', 'arm64'],
    summary: 'Load the image of linux/amd64 or linux/arm64 in place of the image index.',
    exclusive: ['platform'],
  }),
  platform: Flags.string({
    helpGroup: 'PLATFORM',
    helpValue: 'OS/ARCH[/VARIANT]',
    summary: 'Load the image of this platform in place of the image index.',
  }),
};

/** Where to, as it was named. */
export type IntoRequest =
  | { readonly kind: 'named'; readonly name: IntoName }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'found' };

/**
 * Reads `--into`. A folder has a slash: what is misspelt must not become one.
 *
 * @throws PaletteEdgeError `INTO_INVALID` (kind usage)
 */
export function intoRequest(text: string | undefined): IntoRequest {
  if (text === undefined) return { kind: 'found' };
  const name = intoNames.find((each) => each === text);
  if (name !== undefined) return { kind: 'named', name };
  if (text.includes('/')) return { kind: 'folder', path: text };
  throw new PaletteEdgeError('INTO_INVALID', `--into ${JSON.stringify(text)} is nothing to load into`, {
    kind: 'usage',
    suggestions: [`Expected ${intoNames.join(', ')}, or a folder with a slash: ./images`],
  });
}

/**
 * The platform that was asked for.
 *
 * @throws PaletteEdgeError `PLATFORM_INVALID` (kind usage)
 */
export function loadPlatform({
  arch,
  platform,
}: {
  readonly arch: string | undefined;
  readonly platform: string | undefined;
}): Platform | undefined {
  const text = platform ?? (arch === undefined ? undefined : `linux/${arch}`);
  return text === undefined ? undefined : parsePlatform(text);
}

/**
 * A namespace of containerd (identifiers.Validate of containerd).
 *
 * @throws PaletteEdgeError `NAMESPACE_INVALID` (kind usage)
 */
export function containerdNamespace(text: string): string {
  if (text.length <= 76 && /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/.test(text)) return text;
  throw new PaletteEdgeError(
    'NAMESPACE_INVALID',
    `--namespace ${JSON.stringify(text)} is no namespace of containerd`,
    { kind: 'usage', suggestions: ['Expected letters and digits, with . _ or - between them: k8s.io'] },
  );
}
