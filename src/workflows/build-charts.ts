import type { ChartRepositories } from '../chart/chart-repositories.ts';
import type { Origin } from '../oci/origin.ts';
import type { BuildListener } from './build-event.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import { chartOwners } from './chart-owners.ts';
import type { ChartAtHand } from './discover-images.ts';
import { chartFacts } from './fetch-oci-chart.ts';
import type { FetchContext } from './fetch-small.ts';
import type { ImageFailure } from './image-failure.ts';
import { pinCharts } from './pin-charts.ts';
import type { ChartFilter, ChartOutcome, PinnedChart } from './pin-charts.ts';
import type { FoundCharts } from './pin-defined-charts.ts';
import type { PinnedImage } from './pin-images.ts';
import type { ChartSource, FetchedCharts } from './resolve-images.ts';

/** What the charts of a build are fetched with. */
export interface BuildChartsParts extends Omit<FetchContext, 'store' | 'received'> {
  readonly openStore: () => Promise<FetchContext['store']>;
  /** Called when a chart is asked for. */
  readonly createRepositories: () => ChartRepositories;
  readonly listener: BuildListener;
}

/** The charts of a build: fetched while its images are still being found, because they name some. */
export class BuildCharts implements ChartSource {
  readonly signal: AbortSignal;
  readonly #parts: BuildChartsParts;
  readonly #received = { bytes: 0 };
  #images: readonly PinnedImage[] = [];
  #failures: readonly ImageFailure[] = [];
  readonly #outcomes = new Map<string, FoundCharts>();

  constructor(parts: BuildChartsParts) {
    this.#parts = parts;
    this.signal = parts.signal;
  }

  async fetch(requests: readonly ChartToPin[], leavesOut: ChartFilter): Promise<FetchedCharts> {
    if (requests.length === 0) return { charts: [], leftOut: [], notRead: [], warnings: [] };
    const { createRepositories, openStore, listener, ...context } = this.#parts;
    listener({ kind: 'fetching-charts', charts: requests.length });
    const pinned = await pinCharts(requests, {
      ...context,
      repositories: createRepositories(),
      store: await openStore(),
      received: this.#received,
      leavesOut,
    });
    this.#images = pinned.charts.map(({ image }) => image);
    this.#failures = pinned.failures;
    for (const outcome of pinned.outcomes) this.#outcomes.set(keyOf(outcome.request), foundCharts(outcome));
    const { charts, leftOut, warnings } = pinned;
    const notRead = pinned.outcomes.flatMap(({ request, failure }) =>
      failure === undefined ? [] : [{ request, reason: failure.error.message }],
    );
    return { charts: charts.flatMap(atHand), leftOut, notRead, warnings };
  }

  /** What {@link fetch} found, once more; undefined for what it was not asked for. */
  found(request: ChartToPin): FoundCharts | undefined {
    return this.#outcomes.get(keyOf(request));
  }

  /** Charts that could not be fetched. */
  get failures(): readonly ImageFailure[] {
    return this.#failures;
  }

  /** Bytes that came from repositories and registries. */
  get received(): number {
    return this.#received.bytes;
  }

  /** The images with the charts among them. An image that is a chart and was asked for as any image is one as well. */
  async among(images: readonly PinnedImage[], context: FetchContext): Promise<PinnedImage[]> {
    const merged = new Map<string, PinnedImage>();
    for (const image of images) {
      const { reference, name } = image;
      const facts = await chartFacts(image, context);
      const source = `oci://${reference.registry}/${parentOf(reference.repository)}`.replace(/\/$/, '');
      merged.set(name, facts === undefined ? image : { ...image, chart: { ...facts, source } });
    }
    for (const chart of this.#images) {
      const known = merged.get(chart.name);
      const isSame = known?.graph.root.digest === chart.graph.root.digest;
      const origins = [...(known?.origins ?? []), ...chart.origins];
      // Two of one name and different content are told of when the bundle is planned.
      if (known === undefined || isSame) merged.set(chart.name, { ...chart, origins: unique(origins) });
      else merged.set(`${chart.name} ${chart.graph.root.digest}`, chart);
    }
    return [...merged.values()];
  }
}

function keyOf({ repository, name, version, digest, pin, provenance }: ChartToPin): string {
  return JSON.stringify([repository, name, version, digest ?? '', pin ?? '', provenance ?? '']);
}

/** Without the archive: what is kept of all charts must not fill the memory. */
function foundCharts({ chart, failure, warnings }: ChartOutcome): FoundCharts {
  const charts = chart === undefined ? [] : [{ image: chart.image, version: chart.version }];
  return { charts, failures: failure === undefined ? [] : [failure], warnings };
}

/** Once for each pack that asks for it: every pack has values of its own. */
function atHand({ image, archive }: PinnedChart): ChartAtHand[] {
  const { name } = image.chart;
  return chartOwners(image.origins).map((owner) => ({ ...owner, name, archive }));
}

function parentOf(repository: string): string {
  return repository.slice(0, Math.max(0, repository.lastIndexOf('/')));
}

function unique(origins: readonly Origin[]): Origin[] {
  return [...new Map(origins.map((origin) => [JSON.stringify(origin), origin])).values()];
}
