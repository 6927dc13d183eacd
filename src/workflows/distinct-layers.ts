import type { LayerToSqueeze } from '../bundle/plan-squeezed-bundle.ts';
import type { BundledRole, Inventory } from '../bundle/inventory.ts';
import { digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { AnalyzedLayers } from './analyze-layers.ts';

/** What readers keep in memory, and so look for before all tars. */
const smallRoles: ReadonlySet<BundledRole> = new Set(['index', 'manifest', 'config']);

/**
 * Keeps layers that would be two things in one bundle: whose tar is a recipe, a manifest or a squeezed layer of it, or whose recipe is one of
 * its blobs. Nobody makes such a layer but to see what comes of it.
 */
export function distinctLayers(
  analyzed: AnalyzedLayers,
  { blobs }: Pick<Inventory, 'blobs'>,
): AnalyzedLayers {
  const { layers, kept } = analyzed;
  const originals = new Set<Digest>(blobs.map(({ digest }) => digest));
  const recipes = new Map<LayerToSqueeze, Digest>(layers.map((layer) => [layer, digestOf(layer.recipe)]));
  const small = blobs.flatMap(({ digest, role }) => (smallRoles.has(role) ? [digest] : []));
  const squeezed = layers.map(({ digest }) => digest);
  const noTars = new Set<Digest>([...small, ...squeezed, ...recipes.values()]);
  const isDistinct = (layer: LayerToSqueeze): boolean =>
    !noTars.has(layer.plain.digest) && !originals.has(recipes.get(layer) ?? layer.digest);
  const others = layers.filter((layer) => !isDistinct(layer));
  return {
    ...analyzed,
    layers: layers.filter(isDistinct),
    kept: [...kept, ...others.map(({ digest }) => ({ digest, reason: 'no-tar' }))],
  };
}
