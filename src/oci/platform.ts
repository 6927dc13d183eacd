import { PaletteEdgeError } from '../errors.ts';
import type { Platform } from './descriptor.ts';

const partPattern = /^[a-z0-9][a-z0-9_.-]*$/;

/**
 * Reads `os/arch[/variant]`, as in `linux/arm64` or `linux/arm/v7`.
 *
 * @throws PaletteEdgeError `PLATFORM_INVALID` (kind usage)
 */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...more] = text.split('/');
  const parts = [os, architecture, ...(variant === undefined ? [] : [variant])];
  if (more.length > 0 || parts.some((part) => part === undefined || !partPattern.test(part))) {
    throw new PaletteEdgeError('PLATFORM_INVALID', `${JSON.stringify(text)} is no platform`, {
      kind: 'usage',
      suggestions: ['Expected os/arch or os/arch/variant, as in linux/amd64 or linux/arm/v7.'],
    });
  }
  return normalisePlatform({ os: os ?? '', architecture: architecture ?? '', variant });
}

/** `os/arch[/variant]` of a platform after normalisation: one text for one platform. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = normalisePlatform(platform);
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** Whether both name the same platform; `arm64` equals `arm64/v8`, `amd64` equals `amd64/v1`, `arm` equals `arm/v7`. */
export function isSamePlatform(left: Platform, right: Platform): boolean {
  return formatPlatform(left) === formatPlatform(right);
}

/** Folds names for the same platform into one, as containerd's platforms package does. */
function normalisePlatform({ os, architecture, variant }: Platform): Platform {
  const name = architectureAliases.get(architecture) ?? architecture;
  const named = architecture === 'armel' ? 'v6' : fullVariant(name, variant);
  const kept = named === impliedVariants.get(name) ? undefined : named;
  const explicit = kept === undefined && name === 'arm' ? 'v7' : kept;
  return { os, architecture: name, variant: explicit };
}

/** Of ARM some write the number alone. */
function fullVariant(architecture: string, variant: string | undefined): string | undefined {
  const isNumber = variant !== undefined && /^[5-9]$/.test(variant);
  return isNumber && architecture.startsWith('arm') ? `v${variant}` : variant;
}

// Maps, because the names come from registries: an architecture may be called `constructor`.
const architectureAliases: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['aarch64', 'arm64'],
  ['armhf', 'arm'],
  ['armel', 'arm'],
  ['i386', '386'],
]);
const impliedVariants: ReadonlyMap<string, string> = new Map([
  ['amd64', 'v1'],
  ['arm64', 'v8'],
]);
