import type { Origin } from '../oci/origin.ts';
import type { Discoveries } from './discover-images.ts';
import type { ImageRequests, ProfileSummary } from './request-images.ts';

/** A place that names an image, and what became of it. */
export interface ExplainedPlace {
  /** Dotted path inside the pack, or the place in a file; empty where there is none. */
  readonly key: string;
  readonly line?: number;
  /** The reference in full; the text as it stands when it was passed over. */
  readonly image: string;
  /**
   * `asked for`: in the bundle. `discovered`: in the bundle, though no list has it. `not listed`: needed, and not in the
   * bundle. `maybe`: not in the bundle, and may be needed. `skipped`: passed over for the reason.
   */
  readonly outcome: 'asked for' | 'discovered' | 'not listed' | 'maybe' | 'skipped';
  readonly reason?: string;
}

/** A pack with the places in it, in the order of their lines. */
export interface ExplainedPack {
  readonly name: string;
  readonly type: string;
  readonly version: string;
  /** Different images of it that are in the bundle. */
  readonly images: number;
  readonly places: readonly ExplainedPlace[];
}

/** A profile by layers, from the kernel up. */
export interface ExplainedProfile {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly images: number;
  readonly layers: readonly { readonly layer: string; readonly packs: readonly ExplainedPack[] }[];
}

/** Flags, lists, manifests and services of Palette. */
interface ExplainedSource {
  readonly title: string;
  readonly images: number;
  readonly places: readonly ExplainedPlace[];
}

/** Why each image is in the bundle, and what is not. */
export interface Explanation {
  readonly counts: {
    readonly images: number;
    readonly places: number;
    /** Images that no list has and that are not taken in. */
    readonly notListed: number;
    readonly skipped: number;
  };
  readonly profiles: readonly ExplainedProfile[];
  readonly others: readonly ExplainedSource[];
}

/** What is explained. */
export type ExplainedRequests = Pick<ImageRequests, 'images' | 'profiles'> &
  Pick<Discoveries, 'discovered' | 'skipped'>;

/** Arranges what was resolved by profile, layer, pack and key. Pure. */
export function explainImages(requests: ExplainedRequests): Explanation {
  const all = allPlaces(requests);
  const byPack = Map.groupBy(all, ({ origin }) => packKey(origin));
  const others = Map.groupBy(
    all.filter(({ origin }) => packKey(origin) === ''),
    ({ origin }) => sourceTitle(origin),
  );
  const count = (...outcomes: readonly ExplainedPlace['outcome'][]) =>
    all.filter(({ place }) => outcomes.includes(place.outcome)).length;
  return {
    counts: {
      images: requests.images.length,
      places: count('asked for', 'discovered'),
      notListed: count('not listed', 'maybe'),
      skipped: count('skipped'),
    },
    profiles: distinct(requests.profiles).map((profile) => explainProfile(profile, byPack)),
    others: [...others].map(([title, places]) => ({ title, ...placesOf(places) })),
  };
}

interface PlacedImage {
  readonly origin: Origin;
  readonly place: ExplainedPlace;
}

function allPlaces({ images, discovered, skipped }: ExplainedRequests): PlacedImage[] {
  const bundled = images.flatMap(({ name, origins }) =>
    origins.map((origin) => {
      const outcome = origin.kind === 'discovered' ? ('discovered' as const) : ('asked for' as const);
      return placed(origin, { image: name, outcome, reason: howOf(origin) });
    }),
  );
  const found = discovered.flatMap(({ name, origin, isCertain, isIncluded }) => {
    const outcome = isCertain ? ('not listed' as const) : ('maybe' as const);
    return isIncluded ? [] : [placed(origin, { image: name, outcome, reason: howOf(origin) })];
  });
  const passedOver = skipped.map(({ origin, text, reason }) =>
    placed(origin, { image: text, outcome: 'skipped', reason }),
  );
  return [...bundled, ...found, ...passedOver];
}

function howOf(origin: Origin): string | undefined {
  return origin.kind === 'discovered' ? origin.how : undefined;
}

function placed(origin: Origin, what: Omit<ExplainedPlace, 'key' | 'line'>): PlacedImage {
  const key = 'key' in origin ? origin.key : '';
  const line = 'line' in origin ? origin.line : undefined;
  return { origin, place: { key, line, ...what } };
}

function packKey(origin: Origin): string {
  const isOfPack = origin.kind === 'profile' || origin.kind === 'discovered';
  return isOfPack && origin.pack !== undefined ? JSON.stringify([origin.profile, origin.pack]) : '';
}

function sourceTitle(origin: Origin): string {
  switch (origin.kind) {
    case 'list':
    case 'manifest':
      return origin.file;
    case 'palette':
      return `Palette service ${origin.service} ${origin.version}`;
    case 'discovered':
      return 'charts';
    case 'flag':
    case 'profile':
    case 'referrer':
    default:
      return '--image';
  }
}

/** Origins know the names of profiles only: of two with one name, all is told of the first. */
function distinct(profiles: readonly ProfileSummary[]): ProfileSummary[] {
  return [...Map.groupBy(profiles, ({ name }) => name).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : { ...first, packs: [first, ...others].flatMap(({ packs }) => packs) },
  );
}

const layerOrder = ['kernel', 'os', 'k8s', 'cni', 'csi', 'addon'];

function explainProfile(
  { name, version, type, packs }: ProfileSummary,
  byPack: ReadonlyMap<string, readonly PlacedImage[]>,
): ExplainedProfile {
  const different = packs.filter(
    (pack, index) => packs.findIndex((other) => other.name === pack.name) === index,
  );
  const layers = [...Map.groupBy(different, ({ layer }) => layer)].toSorted(
    ([left], [right]) => layerRank(left) - layerRank(right),
  );
  const placesOfPack = (pack: string) => byPack.get(JSON.stringify([name, pack])) ?? [];
  return {
    name,
    version,
    type,
    images: imagesIn(packs.flatMap((pack) => placesOfPack(pack.name))),
    layers: layers.map(([layer, members]) => ({
      layer,
      packs: members.map((pack) => ({
        name: pack.name,
        type: pack.type,
        version: pack.version,
        ...placesOf(placesOfPack(pack.name)),
      })),
    })),
  };
}

function layerRank(layer: string): number {
  const rank = layerOrder.indexOf(layer);
  return rank === -1 ? layerOrder.length : rank;
}

function placesOf(places: readonly PlacedImage[]): Pick<ExplainedSource, 'images' | 'places'> {
  const sorted = places.map(({ place }) => place).toSorted(comparePlaces);
  return { images: imagesIn(places), places: sorted };
}

function imagesIn(places: readonly PlacedImage[]): number {
  const bundled = places.filter(
    ({ place }) => place.outcome === 'asked for' || place.outcome === 'discovered',
  );
  return new Set(bundled.map(({ place }) => place.image)).size;
}

function comparePlaces(left: ExplainedPlace, right: ExplainedPlace): number {
  const lines = (left.line ?? 0) - (right.line ?? 0);
  if (lines !== 0) return lines;
  const [first, second] = [left, right].map(({ key, image }) => `${key}\0${image}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}
