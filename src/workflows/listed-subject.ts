import { fallbackTag } from '../oci/companion-tags.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';

/** The manifest whose referrers a tag lists in registries without the API; undefined for other tags. */
export function listedSubject(tag: string): Digest | undefined {
  const [, hex] = /^sha256-([0-9a-f]{64})$/.exec(tag) ?? [];
  const subject = hex === undefined ? undefined : toDigest(hex);
  return subject !== undefined && fallbackTag(subject) === tag ? subject : undefined;
}
