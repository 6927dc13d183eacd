import { PaletteEdgeError } from '../errors.ts';
import type { HowDiscovered } from '../oci/origin.ts';
import {
  discoverInAnnotations,
  discoverInRendered,
  discoverInTemplates,
  mergeValues,
  readChartDefaults,
} from './discover-in-chart.ts';
import type { ChartTexts } from './discover-in-chart.ts';
import { discoverInValues } from './discover-in-values.ts';
import type { FoundImage } from './discover-reference.ts';
import type { Candidate } from './image-collector.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import { entryOf, mapField } from './yaml-fields.ts';
import type { YamlMap, YamlNode } from './yaml-tree.ts';

/** A chart that is at hand. */
export interface ChartContent {
  /** Names of the profile and the pack that ask for it; undefined when only a flag does. */
  readonly profile?: string;
  readonly pack?: string;
  readonly name: string;
  readonly files: ChartTexts;
  /** What `helm template` printed with the pack's values; undefined when it was not rendered. */
  readonly rendered?: string;
}

/** What the values and charts of packs name. */
export interface ChartCandidates {
  readonly candidates: readonly Candidate[];
  /** Packs with charts that were not rendered: `profile/pack`. */
  readonly unrendered: readonly string[];
  /** Charts that were rendered to what cannot be read: `profile/pack, chart NAME`. */
  readonly unreadable: readonly string[];
}

/** Reads the values of every pack, and the charts that are at hand: rendered, or else their templates, annotations and defaults. */
export function chartCandidates(
  profiles: readonly ParsedProfile[],
  contents: readonly ChartContent[],
): ChartCandidates {
  const charts = contents.map((chart) => ({ ...chart, runs: renderedImages(chart) }));
  const candidates: Candidate[] = [];
  const unrendered: string[] = [];
  const unreadable: string[] = [];
  for (const profile of profiles) {
    for (const pack of profile.packs) {
      const own = charts.filter((chart) => chart.profile === profile.name && chart.pack === pack.name);
      candidates.push(...ofPack(profile, pack, own));
      if (profile.isSilent === true) continue;
      const title = `${profile.name}/${pack.name}`;
      const isRendered = own.length > 0 && own.every(({ rendered }) => rendered !== undefined);
      if (hasCharts(pack) && !isRendered) unrendered.push(title);
      unreadable.push(...own.filter(isUnreadable).map(({ name }) => `${title}, chart ${name}`));
    }
  }
  for (const chart of charts.filter(({ pack }) => pack === undefined)) {
    candidates.push(...ofChart(chart, { values: emptyMap, path: '' }, {}));
    if (isUnreadable(chart)) unreadable.push(`chart ${chart.name}`);
  }
  return { candidates, unrendered, unreadable };
}

/** A chart with the images that it runs; undefined when it was not rendered, or to what cannot be read. */
interface ReadChart extends ChartContent {
  readonly runs: readonly FoundImage[] | undefined;
}

function isUnreadable({ rendered, runs }: ReadChart): boolean {
  return rendered !== undefined && runs === undefined;
}

function ofPack(profile: ParsedProfile, pack: ParsedPack, charts: readonly ReadChart[]): Candidate[] {
  const owner: Owner = { profile, pack: pack.name };
  if (charts.length === 0) return pack.content().found.map((found) => candidate(found, owner, 'read'));
  return pack.trees().documents.flatMap(({ root }) => {
    const places = charts.map((chart) => ({ chart, values: chartValues(root, chart.name) }));
    const passedOver = new Set(places.map(({ values }) => values.path.replace(/\.$/, '')));
    const isWhole = passedOver.has('');
    const read = isWhole ? [] : discoverInValues(root, { path: '', appVersions: noVersions, passedOver });
    return [
      ...read.map((found) => candidate(found, owner, 'read')),
      ...places.flatMap(({ chart, values }) => ofChart(chart, values, owner)),
    ];
  });
}

const noVersions: ReadonlyMap<string, string> = new Map();
const nothing: ReadonlySet<string> = new Set();
const emptyMap: YamlMap = { kind: 'map', entries: new Map(), line: 1 };

/** Values that a pack has for a chart, with the path of where they are. */
export interface ChartValues {
  readonly values: YamlNode;
  /** With its dot: `charts.web.`; empty when the pack's values are those of the chart. */
  readonly path: string;
}

/** The values that Palette gives to a pack's chart: `charts.<name>`, or everything but `pack` where there is no `charts`. */
export function chartValues(root: YamlNode, name: string): ChartValues {
  const charts = entryOf(root, 'charts');
  const isMap = charts?.value.kind === 'map';
  if (isMap) {
    const values = mapField(charts.value, name);
    return { values: values ?? emptyMap, path: `charts.${name}.` };
  }
  if (root.kind !== 'map') return { values: emptyMap, path: '' };
  const entries = new Map([...root.entries].filter(([key]) => key !== 'pack'));
  return { values: { ...root, entries }, path: '' };
}

interface Owner {
  readonly profile?: ParsedProfile;
  readonly pack?: string;
}

function ofChart(chart: ReadChart, { values, path }: ChartValues, owner: Owner): Candidate[] {
  const title = (found: FoundImage): FoundImage => ({ ...found, key: `chart ${chart.name}, ${found.key}` });
  const annotated = discoverInAnnotations(chart.files).map((found) =>
    candidate(title(found), owner, 'annotation'),
  );
  if (chart.runs !== undefined)
    return [...chart.runs.map((found) => candidate(title(found), owner, 'rendered')), ...annotated];
  const defaults = readChartDefaults(chart.files);
  const merged = mergeValues(defaults.values, values);
  const read = discoverInValues(merged, {
    path: path === '' ? `chart ${chart.name}, ` : path,
    appVersions: defaults.appVersions,
    passedOver: nothing,
    foreign: nodesOf(defaults.values),
  });
  const templates = discoverInTemplates(chart.files).map(title);
  return [...[...read, ...templates].map((found) => candidate(found, owner, 'read')), ...annotated];
}

function renderedImages({ rendered }: ChartContent): FoundImage[] | undefined {
  if (rendered === undefined) return undefined;
  try {
    return discoverInRendered(rendered);
  } catch (error) {
    if (error instanceof PaletteEdgeError) return undefined;
    throw error;
  }
}

function candidate(found: FoundImage, { profile, pack }: Owner, how: HowDiscovered): Candidate {
  const { key, line } = found;
  return { found, profile, origin: { kind: 'discovered', profile: profile?.name, pack, key, line, how } };
}

function nodesOf(root: YamlNode): WeakSet<YamlNode> {
  const nodes = new WeakSet<YamlNode>();
  const visit = (node: YamlNode): void => {
    if (nodes.has(node)) return;
    nodes.add(node);
    if (node.kind === 'map') for (const { value } of node.entries.values()) visit(value);
    if (node.kind === 'list') node.items.forEach(visit);
  };
  visit(root);
  return nodes;
}

function hasCharts({ type, content }: ParsedPack): boolean {
  return type === 'helm' || type === 'oci' || content().hasCharts;
}
