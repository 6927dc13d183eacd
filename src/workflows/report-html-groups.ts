import type { BundledBlob } from '../bundle/inventory.ts';
import { totalSize } from '../io/total-size.ts';
import type { Digest } from '../oci/digest.ts';
import type { PageCell, PageGroup } from '../report/html-page-data.ts';
import type { PageImages } from './report-html-images.ts';
import { pageArtifacts } from './report-html-source.ts';
import type { PageSource } from './report-html-source.ts';

/** Where a blob is shown. */
interface Place {
  readonly key: string;
  readonly kind: PageGroup['kind'];
  readonly image?: number | undefined;
  readonly layer?: number | undefined;
  readonly name?: string | undefined;
}

/** A group that is being filled; cells by what they are. */
interface Filling {
  readonly place: Place;
  readonly cells: Map<string, PageCell>;
}

/**
 * Where the bytes of a bundle are: each blob in exactly one group. Layers of one image are its own, those of several are in a group of their own.
 *
 * @returns the largest first
 */
export function pageGroups(source: PageSource, listed: PageImages): PageGroup[] {
  const placeOf = placer(source, listed);
  const groups = new Map<string, Filling>();
  for (const blob of source.blobs) {
    const place = placeOf(blob);
    const group = groups.get(place.key) ?? { place, cells: new Map<string, PageCell>() };
    groups.set(place.key, group);
    addTo(group.cells, place, { size: blob.size, isOld: source.isOld?.(blob.digest) });
  }
  return [...groups.values()].map(finished).toSorted((left, right) => right.size - left.size);
}

function placer(source: PageSource, listed: PageImages): (blob: BundledBlob) => Place {
  const { owners } = source;
  const imageOf = new Map<string, number>();
  for (const [place, { digest, sameAs }] of listed.images.entries())
    if (sameAs === undefined) imageOf.set(digest, place);
  const artifacts = new Map<Digest, string>(
    pageArtifacts(source).map(({ digest, reference }) => [digest, reference]),
  );
  const files = new Map<Digest, string>();
  for (const { digest, name } of source.inventory.rawFiles ?? [])
    files.set(digest, files.has(digest) ? `${files.get(digest)}, ${name}` : name);
  return ({ digest }) => {
    const layer = listed.placeOf.get(digest);
    const roots = owners.get(digest) ?? [];
    const only = roots.length === 1 ? roots[0] : undefined;
    if (layer !== undefined) return layerPlace(layer, only === undefined ? undefined : imageOf.get(only));
    const file = files.get(digest);
    if (file !== undefined && roots.length === 0) return { key: 'files', kind: 'files', name: file };
    const artifact = only === undefined ? undefined : artifacts.get(only);
    if (artifact !== undefined) return { key: 'artifacts', kind: 'artifacts', name: artifact };
    return { key: 'metadata', kind: 'metadata', name: 'Manifests, configs and attestations' };
  };
}

function layerPlace(layer: number, image: number | undefined): Place {
  if (image === undefined) return { key: 'shared', kind: 'shared', layer };
  return { key: `image ${image}`, kind: 'image', image, layer };
}

function addTo(
  cells: Map<string, PageCell>,
  { layer, name }: Place,
  { size, isOld }: { readonly size: number; readonly isOld: boolean | undefined },
): void {
  const key = layer === undefined ? `name ${name}` : `layer ${layer}`;
  const known = cells.get(key);
  const old = isOld === undefined ? undefined : (known?.old ?? 0) + (isOld ? size : 0);
  cells.set(key, { layer, name, size: (known?.size ?? 0) + size, old });
}

function finished({ place: { kind, image }, cells }: Filling): PageGroup {
  const sorted = [...cells.values()].toSorted((left, right) => right.size - left.size);
  return { kind, image, size: totalSize(sorted), cells: sorted };
}
