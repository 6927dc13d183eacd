import type { DefinedImage } from '../definition/definition.ts';
import type { Origin } from '../oci/origin.ts';
import { chartTitle } from '../profile/requested-chart.ts';
import type { CollectedRequests } from '../profile/request-images.ts';
import { someOf } from '../profile/some-of.ts';
import type { Warning } from '../warning.ts';
import { chartOwners } from './chart-owners.ts';
import type { ChartOwner } from './chart-owners.ts';
import type { ChartAtHand } from './discover-images.ts';
import type { FetchedCharts, UnreadChart } from './resolve-images.ts';

/** What is known of charts that cannot be looked into. */
export interface KeptDiscoveries {
  /** Images of the definition that is written again. */
  readonly before: readonly DefinedImage[];
  /** Whether images are taken in that are in no list. */
  readonly isIncluded: boolean;
}

/**
 * Adds the images that were found before in charts that cannot be looked into now: that a repository is down makes no image
 * needless.
 *
 * @returns `CHART_NOT_READ` for each such chart
 */
export function keepDiscovered(
  { collector }: CollectedRequests,
  { charts, notRead }: Pick<FetchedCharts, 'charts' | 'notRead'>,
  { before, isIncluded }: KeptDiscoveries,
): Warning[] {
  const listed = new Set(collector.images().map(({ name }) => name));
  return notRead.flatMap((unread) => {
    const kept = new Set<string>();
    for (const { name, origins = [] } of isIncluded ? before : []) {
      const found = listed.has(name) ? [] : origins.filter((origin) => isFoundIn(origin, unread, charts));
      for (const origin of found) collector.add({ text: name, origin });
      if (found.length > 0) kept.add(name);
    }
    // Whether what only may be a chart is one, is told by whoever pins it.
    return unread.request.isGuess === true ? [] : [notReadWarning(unread, [...kept])];
  });
}

/** Of two charts of one pack only what is surely of the one that is at hand is looked for there. */
function isFoundIn(origin: Origin, { request }: UnreadChart, charts: readonly ChartAtHand[]): boolean {
  if (origin.kind !== 'discovered' || !/^(?:chart |charts\.)/.test(origin.key)) return false;
  const isOwn = (owner: ChartOwner): boolean =>
    owner.profile === origin.profile && owner.pack === origin.pack;
  const isOfOther = charts.some(
    (chart) =>
      isOwn(chart) &&
      [`chart ${chart.name}, `, `charts.${chart.name}.`].some((key) => origin.key.startsWith(key)),
  );
  return chartOwners(request.origins).some(isOwn) && !isOfOther;
}

function notReadWarning({ request, reason }: UnreadChart, kept: readonly string[]): Warning {
  const effect =
    kept.length === 0
      ? 'images that it needs and no list has are not seen'
      : `what was found in it before stays: ${someOf(kept)}`;
  return {
    code: 'CHART_NOT_READ',
    message: `${chartTitle(request)} was not looked into; ${effect} (${reason})`,
  };
}
