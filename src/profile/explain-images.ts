import type { Origin } from '../oci/origin.ts';
import type { Discoveries } from './discover-images.ts';
import type { ChartRequests } from './request-charts.ts';
import type { ImageRequests, ProfileSummary } from './request-images.ts';
import { chartTitle } from './requested-chart.ts';

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

/** A place that names a Helm chart, and what became of it. */
export interface ExplainedChart {
  /** As that of an image. */
  readonly key: string;
  readonly line?: number;
  /** `chart web ^1.2 of https://charts.example.com`; what it is called, when it was passed over. */
  readonly chart: string;
  /** `asked for`: in the bundle. `maybe`: in the bundle, if it is a chart. `skipped`: passed over for the reason. */
  readonly outcome: 'asked for' | 'maybe' | 'skipped';
  readonly reason?: string;
}

/** What is in one place or more, in the order of the lines. */
interface ExplainedPlaces {
  /** Different images that are in the bundle. */
  readonly images: number;
  readonly places: readonly ExplainedPlace[];
  /** Undefined when there are none. */
  readonly charts?: readonly ExplainedChart[];
}

/** A pack with the places in it. */
export interface ExplainedPack extends ExplainedPlaces {
  readonly name: string;
  readonly type: string;
  readonly version: string;
}

/** A profile by layers, from the kernel up. */
export interface ExplainedProfile {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly images: number;
  /** Different ones; undefined when there are none. */
  readonly charts?: number;
  readonly layers: readonly { readonly layer: string; readonly packs: readonly ExplainedPack[] }[];
}

/** Flags, lists, manifests and services of Palette. */
interface ExplainedSource extends ExplainedPlaces {
  readonly title: string;
}

/** Why each image and chart is in the bundle, and what is not. */
export interface Explanation {
  readonly counts: {
    readonly images: number;
    readonly charts: number;
    /** Of images. */
    readonly places: number;
    /** Images that no list has and that are not taken in. */
    readonly notListed: number;
    readonly skipped: number;
    readonly skippedCharts: number;
  };
  readonly profiles: readonly ExplainedProfile[];
  readonly others: readonly ExplainedSource[];
}

/** What is explained. */
export type ExplainedRequests = Pick<ImageRequests, 'images' | 'profiles'> &
  Pick<Discoveries, 'discovered' | 'skipped'> &
  Pick<ChartRequests, 'charts'> & { readonly skippedCharts: ChartRequests['skipped'] };

/** Arranges what was resolved by profile, layer, pack and key. Pure. */
export function explainImages(requests: ExplainedRequests): Explanation {
  const images = allPlaces(requests);
  const charts = allCharts(requests);
  const ofPack = new Places(images, charts, packKey);
  const isOther = ({ origin }: { readonly origin: Origin }): boolean => packKey(origin) === '';
  const others = new Places(images.filter(isOther), charts.filter(isOther), sourceTitle);
  const count = (...outcomes: readonly ExplainedPlace['outcome'][]) =>
    images.filter(({ place }) => outcomes.includes(place.outcome)).length;
  return {
    counts: {
      images: requests.images.length,
      charts: requests.charts.length,
      places: count('asked for', 'discovered'),
      notListed: count('not listed', 'maybe'),
      skipped: count('skipped'),
      skippedCharts: requests.skippedCharts.length,
    },
    profiles: distinct(requests.profiles).map((profile) => explainProfile(profile, ofPack)),
    others: others.keys().map((title) => ({ title, ...others.at(title) })),
  };
}

/** Images and charts by what they are asked for in. */
class Places {
  readonly #images: ReadonlyMap<string, readonly PlacedImage[]>;
  readonly #charts: ReadonlyMap<string, readonly PlacedChart[]>;

  constructor(
    images: readonly PlacedImage[],
    charts: readonly PlacedChart[],
    keyOf: (origin: Origin) => string,
  ) {
    this.#images = Map.groupBy(images, ({ origin }) => keyOf(origin));
    this.#charts = Map.groupBy(charts, ({ origin }) => keyOf(origin));
  }

  keys(): string[] {
    return [...new Set([...this.#images.keys(), ...this.#charts.keys()])];
  }

  at(...keys: readonly string[]): ExplainedPlaces {
    const images = keys.flatMap((key) => this.#images.get(key) ?? []);
    const charts = keys.flatMap((key) => this.#charts.get(key) ?? []).map(({ place }) => place);
    const places = images.map(({ place }) => place).toSorted(comparePlaces);
    const named = { images: imagesIn(images), places };
    return charts.length === 0 ? named : { ...named, charts: charts.toSorted(comparePlaces) };
  }
}

interface PlacedChart {
  readonly origin: Origin;
  readonly place: ExplainedChart;
}

function allCharts({ charts, skippedCharts }: ExplainedRequests): PlacedChart[] {
  const asked = charts.flatMap((chart) =>
    chart.origins.map((origin) => {
      const outcome = chart.isGuess === true ? ('maybe' as const) : ('asked for' as const);
      return { origin, place: { ...placeOf(origin), chart: chartTitle(chart), outcome } };
    }),
  );
  const passedOver = skippedCharts.map(({ origin, text, reason }) => ({
    origin,
    place: { ...placeOf(origin), chart: text, outcome: 'skipped' as const, reason },
  }));
  return [...asked, ...passedOver];
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
  return { origin, place: { ...placeOf(origin), ...what } };
}

function placeOf(origin: Origin): Pick<ExplainedPlace, 'key' | 'line'> {
  const key = 'key' in origin ? origin.key : '';
  const line = 'line' in origin ? origin.line : undefined;
  return { key, line };
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
      return `--${origin.flag ?? 'image'}`;
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

function explainProfile({ name, version, type, packs }: ProfileSummary, ofPack: Places): ExplainedProfile {
  const different = packs.filter(
    (pack, index) => packs.findIndex((other) => other.name === pack.name) === index,
  );
  const layers = [...Map.groupBy(different, ({ layer }) => layer)].toSorted(
    ([left], [right]) => layerRank(left) - layerRank(right),
  );
  const keyOf = (pack: { readonly name: string }): string => JSON.stringify([name, pack.name]);
  const whole = ofPack.at(...different.map(keyOf));
  return {
    name,
    version,
    type,
    images: whole.images,
    ...chartCount(whole),
    layers: layers.map(([layer, members]) => ({
      layer,
      packs: members.map((pack) => ({
        name: pack.name,
        type: pack.type,
        version: pack.version,
        ...ofPack.at(keyOf(pack)),
      })),
    })),
  };
}

function layerRank(layer: string): number {
  const rank = layerOrder.indexOf(layer);
  return rank === -1 ? layerOrder.length : rank;
}

/** A chart counts once, however often it is asked for. */
function chartCount({ charts = [] }: ExplainedPlaces): Pick<ExplainedProfile, 'charts'> {
  const bundled = charts.filter(({ outcome }) => outcome !== 'skipped').map(({ chart }) => chart);
  return bundled.length === 0 ? {} : { charts: new Set(bundled).size };
}

function imagesIn(places: readonly PlacedImage[]): number {
  const bundled = places.filter(
    ({ place }) => place.outcome === 'asked for' || place.outcome === 'discovered',
  );
  return new Set(bundled.map(({ place }) => place.image)).size;
}

function comparePlaces<Place extends ExplainedPlace | ExplainedChart>(left: Place, right: Place): number {
  const lines = (left.line ?? 0) - (right.line ?? 0);
  if (lines !== 0) return lines;
  const nameOf = (place: Place): string => ('image' in place ? place.image : place.chart);
  const [first, second] = [left, right].map((place) => `${place.key}\0${nameOf(place)}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}
