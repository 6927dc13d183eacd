import { digestHex } from './digest.ts';
import type { Digest } from './digest.ts';

const cosignSuffixes = ['.sig', '.att', '.sbom'] as const;

/** The tags under which cosign keeps signatures, attestations and SBOMs of a manifest (cosign SIGNATURE_SPEC, "Discovery"). */
export function cosignTags(subject: Digest): string[] {
  return cosignSuffixes.map((suffix) => `${fallbackTag(subject)}${suffix}`);
}

/** The tag of the list of a manifest's referrers in registries without the API (distribution-spec 1.1, "Referrers Tag Schema"). */
export function fallbackTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}`;
}
