import type { RecipeSegment } from './recipe.ts';

/** Gzip members of a file that recipes are made of, at most: each takes memory, and an encoder. */
export const mostMembers = 100_000;

/** Of those, such as have no plain bytes: they take time that no content is worth. */
const mostEmptyMembers = 1000;

/** A member has a head, a stream and a trailer; something may follow the last one. */
export const mostSegments = 3 * mostMembers + 1;

/** Bytes of a literal that is shared, at most: longer ones hardly repeat. */
export const mostSharedSize = 4096;

/** Why segments are those of no recipe, or undefined: a few bytes must not ask for much work. */
export function segmentExcess(segments: readonly RecipeSegment[]): string | undefined {
  let [members, empty] = [0, 0];
  for (const segment of segments) {
    if (segment.kind === 'literal') {
      if (segment.bytes.length === 0) return 'a literal has no bytes';
      continue;
    }
    members += 1;
    if (segment.plain === 0) empty += 1;
  }
  if (members > mostMembers) return `it has more than ${mostMembers} streams`;
  if (empty > mostEmptyMembers) return `it has more than ${mostEmptyMembers} streams without plain bytes`;
  return undefined;
}
