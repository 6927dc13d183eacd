import type { Digest } from './digest.ts';

/**
 * A place that asked for an image, or the image that a companion belongs to. No absolute path, host or user: origins are part of the inventory, and the same
 * input must give the same bytes on every machine.
 */
export type Origin =
  | {
      readonly kind: 'flag';
      /** Without its dashes; `image` when undefined. */
      readonly flag?: 'chart';
    }
  | { readonly kind: 'list'; readonly file: string; readonly line: number }
  | { readonly kind: 'manifest'; readonly file: string; readonly line: number; readonly key: string }
  | {
      readonly kind: 'profile';
      readonly profile: string;
      readonly pack: string;
      /** Dotted path inside the pack: `pack.content.images[2]`, `options.system.uri`, `manifests.crds spec.…`. */
      readonly key: string;
      /** 1-based line inside the pack's values or manifest, where one is known. */
      readonly line?: number;
    }
  | {
      /** Named by a pack or its chart, but by no image list. */
      readonly kind: 'discovered';
      /** Undefined for a chart that no profile asks for. */
      readonly profile?: string;
      readonly pack?: string;
      /** Dotted path inside the pack's values, or the place inside its chart. */
      readonly key: string;
      /** 1-based line inside the pack's values or manifest, where one is known. */
      readonly line?: number;
      readonly how: HowDiscovered;
    }
  | {
      /** In the image list of one of Palette's services: `stylus` is the agent of edge hosts. */
      readonly kind: 'palette';
      readonly service: string;
      readonly version: string;
    }
  | {
      /** Found in the registry as a signature, attestation, SBOM or other referrer. */
      readonly kind: 'referrer';
      /** The image or companion that it belongs to: its reference in full. */
      readonly of: string;
      /** The manifest that it is about: the root of that image, or the manifest of one of its platforms. */
      readonly subject: Digest;
    };

/** What told of an image: the rendered chart, values and templates as they stand, or `artifacthub.io/images`. */
export const waysOfDiscovery = ['rendered', 'read', 'annotation'] as const;
export type HowDiscovered = (typeof waysOfDiscovery)[number];

/** An origin as a person reads it: `profile edge-demo, pack calico, pack.content.images[2] (line 7)`. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return `--${origin.flag ?? 'image'}`;
    case 'list':
      return `${origin.file}:${origin.line}`;
    case 'manifest':
      return `${origin.file}:${origin.line} ${origin.key}`;
    case 'profile':
      return placeInPack(origin);
    case 'discovered':
      return `${placeInPack(origin)}, discovered (${origin.how})`;
    case 'palette':
      return `Palette service ${origin.service} ${origin.version}`;
    case 'referrer':
      return `companion of ${origin.of}`;
    default:
      throw new TypeError('unknown kind of origin');
  }
}

/** Whether one of the places is in this profile: a list, a manifest, or whatever discovery looks into. */
export function isNamedIn(profile: string, origins: readonly Origin[]): boolean {
  return origins.some(
    (origin) => (origin.kind === 'profile' || origin.kind === 'discovered') && origin.profile === profile,
  );
}

function placeInPack({
  profile,
  pack,
  key,
  line,
}: Extract<Origin, { readonly kind: 'profile' | 'discovered' }>): string {
  const owner = profile === undefined ? '' : `profile ${profile}, pack ${pack}, `;
  return `${owner}${key}${line === undefined ? '' : ` (line ${line})`}`;
}

/** Whether an image was not asked for, but carried along with others: a signature, an attestation, an SBOM. */
export function isCompanion({ origins }: { readonly origins: readonly Origin[] }): boolean {
  return origins.length > 0 && origins.every(({ kind }) => kind === 'referrer');
}
