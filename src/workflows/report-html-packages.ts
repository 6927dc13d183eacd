import type { Digest } from '../oci/digest.ts';
import type { PageImage, PageLargeFile, PagePackage, PagePackages } from '../report/html-page-data.ts';
import { byFileSize } from '../report/packages/largest-files.ts';
import type { LargeFile } from '../report/packages/largest-files.ts';
import type { Package } from '../report/package.ts';
import type { ReportContent } from '../report/report-content.ts';

/** A page of more opens slowly. */
const mostPackages = 20_000;
/** Of all packages together: images that have them. */
const mostUses = 300_000;
const mostFiles = 200;
/** Bytes; nobody asks about smaller ones. */
const leastFile = 10_000;
/** Of a name, version or licence. */
const longestText = 200;

/** Packages of all images, each once, by type and name. */
export function pagePackages(
  content: Pick<ReportContent, 'images'>,
  images: readonly PageImage[],
): PagePackages {
  const users = packageUsers(content, images);
  const list: PagePackage[] = [];
  let uses = 0;
  for (const key of [...users.keys()].toSorted()) {
    const [type = '', name = '', version = '', licence = ''] = key.split('\0');
    const places = [...(users.get(key) ?? [])];
    uses += places.length;
    if (list.length >= mostPackages || uses > mostUses) break;
    list.push([type, name, version, licence, places]);
  }
  return { list, total: users.size };
}

/** The largest files of all layers, each with its layer. */
export function largestFiles(
  largest: ReadonlyMap<Digest, readonly LargeFile[]>,
  placeOf: ReadonlyMap<Digest, number>,
): PageLargeFile[] {
  const files = [...largest].flatMap(([digest, those]) => {
    const layer = placeOf.get(digest);
    return layer === undefined
      ? []
      : those.filter(({ size }) => size >= leastFile).map(({ path, size }) => ({ path, size, layer }));
  });
  return files
    .toSorted((left, right) => byFileSize(left, right) || left.layer - right.layer)
    .slice(0, mostFiles);
}

function packageUsers(
  { images: reported }: Pick<ReportContent, 'images'>,
  images: readonly PageImage[],
): ReadonlyMap<string, ReadonlySet<number>> {
  const platformsOf = new Map<string, ReportContent['images'][number]['platforms']>(
    reported.map(({ digest, platforms }) => [digest, platforms]),
  );
  const users = new Map<string, Set<number>>();
  for (const [place, { digest, sameAs }] of images.entries()) {
    if (sameAs !== undefined) continue;
    for (const { content } of platformsOf.get(digest) ?? [])
      for (const found of content.packages) addUser(users, keyOf(found), place);
  }
  return users;
}

function keyOf({ type, name, version, licences }: Package): string {
  return [type, name, version, licences.join(', ')]
    .map((part) => part.replaceAll('\0', ' ').slice(0, longestText))
    .join('\0');
}

function addUser(users: Map<string, Set<number>>, key: string, place: number): void {
  const known = users.get(key);
  if (known === undefined) users.set(key, new Set([place]));
  else known.add(place);
}
