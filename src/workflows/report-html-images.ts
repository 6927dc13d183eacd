import type { BundledImage } from '../bundle/inventory.ts';
import type { Digest } from '../oci/digest.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { PageChange, PageImage, PageLayer, PagePlatform } from '../report/html-page-data.ts';
import { distinctPlatforms } from '../report/report-content.ts';
import type { ReportContent } from '../report/report-content.ts';
import { bytesOfImage, pageImages } from './report-html-source.ts';
import type { PageSource } from './report-html-source.ts';

/** An image may be named in any number of places; of more only how many there are. */
const mostOrigins = 40;

/** Images of a page, and what they refer to. */
export interface PageImages {
  readonly images: readonly PageImage[];
  readonly layers: readonly PageLayer[];
  /** Place of each layer in that list. */
  readonly placeOf: ReadonlyMap<Digest, number>;
}

/**
 * Lists images and their layers.
 *
 * @param changes what became of an image, by its reference; of a page that compares
 */
export function listPageImages(
  source: PageSource,
  content: Pick<ReportContent, 'images'>,
  changes?: ReadonlyMap<string, PageChange>,
): PageImages {
  const chosen = pageImages(source);
  const placeOf = placesOf(source, chosen);
  const distributions = distributionsOf(content);
  const first = new Map<Digest, PageImage & { readonly place: number }>();
  const images = chosen.map((image, place): PageImage => {
    const { reference, digest, sourceReference, omittedPlatforms, origins } = image;
    const same = first.get(digest);
    const described = {
      name: reference,
      digest,
      from: sourceReference,
      omitted: omittedPlatforms,
      origins: originTexts(origins),
      change: changes?.get(reference),
    };
    // There may be any number of names, and an image of any size.
    if (same !== undefined)
      return { ...described, sameAs: same.place, platforms: [], total: same.total, alone: same.alone };
    const told = { ...described, ...contentOf(source, digest, { placeOf, distributions }) };
    first.set(digest, { ...told, place });
    return told;
  });
  return { images, layers: layersOf(source, images, placeOf), placeOf };
}

/** What reports of packages say of distributions, by the digests of the manifests of platforms. */
function distributionsOf(content: Pick<ReportContent, 'images'>): ReadonlyMap<Digest, string> {
  const names = distinctPlatforms(content).map(({ digest, content: { distribution = {} } }) => {
    const { prettyName, id = '', versionId = '' } = distribution;
    return [digest, prettyName ?? `${id} ${versionId}`.trim()] as const;
  });
  return new Map(names.filter(([, name]) => name !== ''));
}

function placesOf({ held }: PageSource, images: readonly BundledImage[]): ReadonlyMap<Digest, number> {
  const places = new Map<Digest, number>();
  const layers = images.flatMap(({ digest }) =>
    (held.get(digest)?.graph.images ?? []).flatMap((each) => each.layers),
  );
  for (const { digest } of layers) if (!places.has(digest)) places.set(digest, places.size);
  return places;
}

function contentOf(
  source: PageSource,
  root: Digest,
  known: {
    readonly placeOf: PageImages['placeOf'];
    readonly distributions: ReadonlyMap<Digest, string>;
  },
): Pick<PageImage, 'platforms' | 'total' | 'alone'> {
  const { images = [] } = source.held.get(root)?.graph ?? {};
  const platforms = images.map(({ platform, manifest, layers }): PagePlatform => ({
    platform: platform === undefined ? 'unknown' : formatPlatform(platform),
    digest: manifest.digest,
    layers: layers.flatMap((layer) => known.placeOf.get(layer.digest) ?? []),
    distribution: known.distributions.get(manifest.digest),
  }));
  const isAlone = (blob: Digest): boolean => (source.owners.get(blob)?.length ?? 0) === 1;
  return { platforms, total: bytesOfImage(source, root), alone: bytesOfImage(source, root, isAlone) };
}

function layersOf(
  { held, stored, isOld }: PageSource,
  images: readonly PageImage[],
  placeOf: PageImages['placeOf'],
): PageLayer[] {
  const users = [...placeOf].map(() => new Set<number>());
  for (const [place, { platforms }] of images.entries()) {
    for (const { layers } of platforms) for (const layer of layers) users[layer]?.add(place);
  }
  const sizes = new Map<Digest, number>();
  for (const { graph } of held.values())
    for (const { descriptor } of graph.blobs) sizes.set(descriptor.digest, descriptor.size);
  const storedAs = waysOfStoring(stored.squeezed);
  return [...placeOf].map(([digest, place]) => ({
    digest,
    size: sizes.get(digest) ?? 0,
    images: [...(users[place] ?? [])],
    stored: storedAs.get(digest),
    isOld: isOld?.(digest),
  }));
}

function waysOfStoring(squeezed: PageSource['stored']['squeezed']): ReadonlyMap<Digest, PageLayer['stored']> {
  const ways = new Map<Digest, PageLayer['stored']>();
  if (squeezed === undefined) return ways;
  const patched = new Set(squeezed.delta?.patches.map(({ plain }) => plain));
  for (const { digest, plain } of squeezed.layers)
    ways.set(digest, patched.has(plain) ? 'changed' : 'squeezed');
  for (const { digest } of squeezed.delta?.taken ?? []) ways.set(digest, 'taken');
  return ways;
}

function originTexts(origins: readonly Origin[]): string[] {
  const texts = [...new Set(origins.map(formatOrigin))];
  if (texts.length <= mostOrigins) return texts;
  return [...texts.slice(0, mostOrigins), `and ${texts.length - mostOrigins} more`];
}
