import { readChartArchive } from '../chart/chart-archive.ts';
import { helmTemplate } from '../chart/helm-template.ts';
import { PaletteEdgeError } from '../errors.ts';
import { discoverImages } from '../profile/discover-images.ts';
import type { Discoveries, DiscoveryInput } from '../profile/discover-images.ts';
import { chartOutline, renderedImages } from '../profile/chart-outline.ts';
import type { ChartOutline } from '../profile/chart-outline.ts';
import { chartValues, packValues } from '../profile/discover-of-charts.ts';
import type { ChartContent } from '../profile/discover-of-charts.ts';
import { valuesText } from '../profile/discover-values-text.ts';
import type { CollectedRequests } from '../profile/request-images.ts';
import type { Warning } from '../warning.ts';

/** What the user wants of discovery. */
export interface DiscoveryOptions {
  /** Whether images that are certain are taken in. */
  readonly isIncluded: boolean;
  /** Path of `helm`; undefined when there is none: values are only read then. */
  readonly helm: string | undefined;
}

/** A chart that is at hand. */
export interface ChartAtHand {
  /** Names of the profile and the pack that ask for it; undefined when only a flag does. */
  readonly profile?: string;
  readonly pack?: string;
  readonly name: string;
  /** The `.tgz`. */
  readonly archive: Uint8Array;
}

/** What discovery works with. */
export interface DiscoveryParts extends DiscoveryOptions, Pick<DiscoveryInput, 'isExcluded'> {
  readonly charts: readonly ChartAtHand[];
  readonly signal: AbortSignal;
}

/**
 * Finds images that no list has: in values, charts and manifests. Charts that are at hand are rendered with the values of
 * their pack when there is a `helm`, one after the other; what cannot be rendered is read, and a warning says so.
 *
 * @throws PaletteEdgeError `CHART_INVALID` (kind content) for an archive that is no chart
 */
export async function discover(collected: CollectedRequests, parts: DiscoveryParts): Promise<Discoveries> {
  const charts: ChartContent[] = [];
  const warnings: Warning[] = [];
  const outlines = new Map<Uint8Array, ChartOutline>();
  for (const chart of parts.charts) {
    const { profile, pack, name, archive } = chart;
    // Many packs may ask for one chart.
    const outline =
      outlines.get(archive) ?? chartOutline(await readChartArchive(archive, titleOf(chart), parts.signal));
    outlines.set(archive, outline);
    const rendered = await render(chart, collected, parts);
    if (rendered instanceof PaletteEdgeError)
      warnings.push({ code: rendered.code, message: `${rendered.message}; it was only read` });
    const isRendered = typeof rendered === 'string';
    const runs = isRendered ? renderedImages(rendered) : undefined;
    charts.push({ profile, pack, name, outline, isRendered, runs });
  }
  const { isIncluded, isExcluded } = parts;
  const discoveries = discoverImages(collected, { charts, isIncluded, isExcluded });
  return { ...discoveries, warnings: [...warnings, ...discoveries.warnings] };
}

/** @returns what Helm printed, why it could not, or undefined without Helm */
async function render(
  chart: ChartAtHand,
  { profiles, resolver }: CollectedRequests,
  { helm, signal }: DiscoveryParts,
): Promise<string | PaletteEdgeError | undefined> {
  if (helm === undefined) return undefined;
  const profile = profiles.find(({ name }) => name === chart.profile);
  const pack = profile?.packs.find(({ name }) => name === chart.pack);
  const resolve = (text: string): string | undefined => {
    const { text: resolved, problems, sensitive } = resolver.resolve(text, profile);
    return problems.length > 0 || sensitive.length > 0 ? undefined : resolved;
  };
  const values =
    pack === undefined ? '{}' : valuesText(chartValues(packValues(pack), chart.name).values, resolve);
  const kubernetes = profiles.flatMap(({ packs }) => packs).find(({ layer }) => layer === 'k8s');
  const { name, archive } = chart;
  const input = { title: titleOf(chart), archive, values, name, kubernetesVersion: kubernetes?.version };
  try {
    return await helmTemplate(input, { helm, signal });
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'CHART_NOT_RENDERED') return error;
    throw error;
  }
}

function titleOf({ profile, pack, name }: ChartAtHand): string {
  return pack === undefined ? `chart ${name}` : `profile ${profile}, pack ${pack}, chart ${name}`;
}
