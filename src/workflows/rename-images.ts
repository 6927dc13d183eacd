import type { ImageToBundle } from '../bundle/plan-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import { mapReference } from '../oci/name-mapping.ts';
import type { NameMapping } from '../oci/name-mapping.ts';
import type { Origin } from '../oci/origin.ts';
import { formatReference, parseReference } from '../oci/reference.ts';

/**
 * The images under the names that they have in the bundle; companions go along with what they belong to. Companions of the
 * same content from two repositories that become one are one.
 *
 * @throws PaletteEdgeError `MAP_CONFLICT` (kind usage) when different images would have one name
 */
export function renameImages(
  images: readonly ImageToBundle[],
  mappings: readonly NameMapping[],
): readonly ImageToBundle[] {
  if (mappings.length === 0) return images;
  const renamed = new Map<string, ImageToBundle>();
  // By name, so that it does not depend on the order of flags which source is told of two.
  const sorted = images.toSorted((left, right) =>
    formatReference(left.reference) < formatReference(right.reference) ? -1 : 1,
  );
  for (const image of sorted) {
    const reference = mapReference(image.reference, mappings);
    const name = formatReference(reference);
    const isSame = name === formatReference(image.reference);
    const origins = image.origins.map((origin) => renameOwner(origin, mappings));
    const known = renamed.get(name);
    if (known !== undefined && known.graph.root.digest !== image.graph.root.digest)
      throw conflict(name, known, image);
    renamed.set(
      name,
      known === undefined
        ? {
            reference,
            origins,
            graph: image.graph,
            chart: image.chart,
            ...(isSame ? {} : { source: image.reference }),
          }
        : { ...known, origins: unique([...known.origins, ...origins]) },
    );
  }
  return [...renamed.values()];
}

function renameOwner(origin: Origin, mappings: readonly NameMapping[]): Origin {
  if (origin.kind !== 'referrer') return origin;
  return { ...origin, of: formatReference(mapReference(parseReference(origin.of), mappings)) };
}

function unique(origins: readonly Origin[]): Origin[] {
  return [...new Map(origins.map((origin) => [JSON.stringify(origin), origin])).values()];
}

function conflict(name: string, ...images: readonly ImageToBundle[]): PaletteEdgeError {
  const sources = images.map(({ reference, source = reference }) => formatReference(source)).join(' and ');
  return new PaletteEdgeError('MAP_CONFLICT', `--map gives two images the name ${name}: ${sources}`, {
    kind: 'usage',
    suggestions: ['Map their prefixes to different ones, or leave one of them out with --exclude.'],
  });
}
