import { repositoryBelow, restBehind } from './name-prefix.ts';
import type { NamePrefix } from './name-prefix.ts';
import { formatReference, parseReference } from './reference.ts';
import type { Reference } from './reference.ts';

/** A rename: what is below one prefix is called as if it were below another one. */
export interface NameMapping {
  readonly from: NamePrefix;
  readonly to: NamePrefix;
}

/**
 * The name that an image has after the renames: the longest prefix alone renames it. Tag and digest stay.
 *
 * @throws PaletteEdgeError `REFERENCE_INVALID` (kind usage) when the new name is none
 */
export function mapReference(reference: Reference, mappings: readonly NameMapping[]): Reference {
  const [longest] = mappings
    .map(({ from, to }) => ({ length: from.path.length, to, rest: restBehind(reference, from) }))
    .filter(({ rest }) => rest !== undefined)
    .toSorted((left, right) => right.length - left.length);
  if (longest?.rest === undefined) return reference;
  const { registry } = longest.to;
  const repository = repositoryBelow(longest.to, longest.rest);
  return parseReference(formatReference({ ...reference, registry, repository }));
}
