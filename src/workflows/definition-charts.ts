import { readChartArchive } from '../chart/chart-archive.ts';
import { readChartMetadata } from '../chart/chart-metadata.ts';
import { PaletteEdgeError } from '../errors.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import type { BuildCharts } from './build-charts.ts';
import { chartAtHand } from './chart-at-hand.ts';
import type { ChartsAtHand } from './chart-at-hand.ts';
import { chartOwners } from './chart-owners.ts';
import type { ChartToPin } from './chart-to-pin.ts';
import type { ChartAtHand } from './discover-images.ts';
import type { ChartFilter } from './pin-charts.ts';
import type { ChartSource, FetchedCharts, UnreadChart } from './resolve-images.ts';
import { chartNameBefore } from './scope-charts.ts';

/** Where the charts of a definition come from. */
export interface DefinitionChartsParts extends ChartsAtHand {
  /** Undefined when nobody is to be asked. */
  readonly online: BuildCharts | undefined;
}

/** The charts of a definition that is written: fetched, or else what the store and existing bundles have of them. */
export class DefinitionCharts implements ChartSource {
  readonly signal: AbortSignal;
  readonly #parts: DefinitionChartsParts;

  constructor(parts: DefinitionChartsParts) {
    this.#parts = parts;
    this.signal = parts.signal;
  }

  async fetch(requests: readonly ChartToPin[], leavesOut: ChartFilter): Promise<FetchedCharts> {
    const fetched = await this.#ask(requests, leavesOut);
    const charts: ChartAtHand[] = [];
    const leftOut: ChartToPin[] = [];
    const notRead: UnreadChart[] = [];
    for (const unread of fetched.notRead) {
      const { request } = unread;
      const found = await this.#atHand(request);
      const name = chartNameBefore({ ...request, version: found?.version ?? request.version });
      if (name !== undefined && leavesOut(name, request)) leftOut.push(request);
      else if (found !== undefined) charts.push(...found.charts);
      // What is not pinned and cannot be fetched ends the run.
      else if (request.pin !== undefined || this.#parts.online === undefined) notRead.push(unread);
    }
    return {
      charts: [...fetched.charts, ...charts],
      leftOut: [...fetched.leftOut, ...leftOut],
      notRead,
      warnings: fetched.warnings,
    };
  }

  async #ask(requests: readonly ChartToPin[], leavesOut: ChartFilter): Promise<FetchedCharts> {
    const { online } = this.#parts;
    if (online !== undefined) return await online.fetch(requests, leavesOut);
    const reason = 'neither the store nor an existing bundle has it, and nobody is asked';
    return {
      charts: [],
      leftOut: [],
      warnings: [],
      notRead: requests.map((request) => ({ request, reason })),
    };
  }

  /** @returns undefined when nobody has it, or it is no chart */
  async #atHand(
    request: ChartToPin,
  ): Promise<{ readonly charts: readonly ChartAtHand[]; readonly version: string } | undefined> {
    try {
      const found = await chartAtHand(request, this.#parts);
      if (found === undefined) return undefined;
      const { archive, version } = found;
      const title = chartTitle(request);
      const { name } = readChartMetadata(await readChartArchive(archive, title, this.signal), title);
      return { charts: chartOwners(request.origins).map((owner) => ({ ...owner, name, archive })), version };
    } catch (error) {
      if (error instanceof PaletteEdgeError && error.kind === 'content') return undefined;
      throw error;
    }
  }
}
