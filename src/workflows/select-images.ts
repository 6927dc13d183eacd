import { companionsByOwner } from '../bundle/companions-by-owner.ts';
import type { BundledImage } from '../bundle/inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import { imageGlob } from '../oci/image-glob.ts';
import { isCompanion } from '../oci/origin.ts';
import { parseReference } from '../oci/reference.ts';
import type { Warning } from '../warning.ts';

/** Images of some bundles that were chosen. */
export interface SelectedImages {
  /** Of each bundle. */
  readonly images: readonly (readonly BundledImage[])[];
  readonly warnings: readonly Warning[];
}

/**
 * Chooses the images that patterns name, and the companions of those; without patterns all. A pattern that names nothing is told
 * as `PATTERN_UNUSED`.
 *
 * @throws PaletteEdgeError `IMAGE_GLOB_INVALID` (kind usage), `NO_SUCH_IMAGE` (kind notFound) when nothing is left
 */
export function selectImages(
  bundles: readonly (readonly BundledImage[])[],
  patterns: readonly string[],
): SelectedImages {
  if (patterns.length === 0) return { images: bundles, warnings: [] };
  const globs = patterns.map(imageGlob);
  const used = new Set<string>();
  const isNamed = ({ reference }: BundledImage): boolean => {
    const parsed = parseReference(reference);
    const naming = globs.filter(({ matches }) => matches(parsed));
    for (const { text } of naming) used.add(text);
    return naming.length > 0;
  };
  const images = bundles.map((bundle) => withCompanions(bundle, bundle.filter(isNamed)));
  if (used.size === 0) throw nothingNamed(patterns);
  const unused = globs.filter(({ text }) => !used.has(text));
  return {
    images,
    warnings: unused.map(({ text }) => ({
      code: 'PATTERN_UNUSED',
      message: `--image ${text} names no image of the bundle`,
    })),
  };
}

/** Of one bundle, as {@link selectImages} chooses them; none when the patterns name nothing in it. */
export function matchingImages(
  bundle: readonly BundledImage[],
  patterns: readonly string[],
): readonly BundledImage[] {
  if (patterns.length === 0) return bundle;
  const globs = patterns.map(imageGlob);
  const isNamed = ({ reference }: BundledImage): boolean => {
    const parsed = parseReference(reference);
    return globs.some(({ matches }) => matches(parsed));
  };
  return withCompanions(bundle, bundle.filter(isNamed));
}

function withCompanions(bundle: readonly BundledImage[], named: readonly BundledImage[]): BundledImage[] {
  const byOwner = companionsByOwner(bundle);
  const chosen = new Set(named.map(({ reference }) => reference));
  // A set is iterated to its end, what is added meanwhile included.
  for (const owner of chosen) for (const companion of byOwner.get(owner) ?? []) chosen.add(companion);
  return bundle.filter(
    (image) => chosen.has(image.reference) && (isCompanion(image) || named.includes(image)),
  );
}

function nothingNamed(patterns: readonly string[]): PaletteEdgeError {
  const flags = patterns.map((text) => `--image ${text}`).join(' ');
  return new PaletteEdgeError('NO_SUCH_IMAGE', `${flags} names no image of the bundle`, {
    kind: 'notFound',
    suggestions: [
      'See the names in it: palette-edge inspect BUNDLE',
      'A pattern is a whole name: **/nginx:* for nginx of any registry.',
    ],
  });
}
