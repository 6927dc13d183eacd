import { restBehind } from '../oci/name-prefix.ts';
import type { NamePrefix } from '../oci/name-prefix.ts';
import type { Reference } from '../oci/reference.ts';
import type { PublicKey } from './public-key.ts';

/** A key that images may be signed with, and the file that it is from. */
export interface ImageSignatureKey {
  readonly key: PublicKey;
  readonly file: string;
}

/** Keys of which one has to have signed the images below a prefix. */
export interface ImageSignatureRule {
  /** Undefined for all images that no prefix names. */
  readonly prefix: NamePrefix | undefined;
  readonly keys: readonly ImageSignatureKey[];
}

/**
 * The keys of which one has to have signed an image: those of the longest prefix alone, so that what is said of all images does not
 * let somebody sign for a team that has a key of its own.
 *
 * @returns none when nothing is asked of the image
 */
export function imageSignatureKeys(
  image: Pick<Reference, 'registry' | 'repository'>,
  rules: readonly ImageSignatureRule[],
): readonly ImageSignatureKey[] {
  const applying = rules.filter(
    ({ prefix }) => prefix === undefined || restBehind(image, prefix) !== undefined,
  );
  const longest = Math.max(...applying.map(lengthOf));
  const keys = applying.filter((rule) => lengthOf(rule) === longest).flatMap((rule) => rule.keys);
  return [...new Map(keys.map((key) => [key.key.id, key])).values()];
}

/** A prefix that is a registry is longer than none. */
function lengthOf({ prefix }: ImageSignatureRule): number {
  return prefix === undefined ? -1 : prefix.path.length;
}
