import type { HowDiscovered } from '../oci/origin.ts';
import type { ChartOutline } from './chart-outline.ts';
import { mergeValues } from './discover-in-chart.ts';
import { discoverInValues } from './discover-in-values.ts';
import type { FoundImage } from './discover-reference.ts';
import type { Candidate } from './image-collector.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import { switchedOff } from './sub-charts.ts';
import { entryOf, mapField } from './yaml-fields.ts';
import type { YamlMap, YamlNode } from './yaml-tree.ts';

/** A chart that is at hand. */
export interface ChartContent {
  /** Names of the profile and the pack that ask for it; undefined when only a flag does. */
  readonly profile?: string;
  readonly pack?: string;
  readonly name: string;
  readonly outline: ChartOutline;
  /** Whether `helm template` rendered it with the pack's values. */
  readonly isRendered: boolean;
  /** What it runs then; undefined when it was not rendered, or to what cannot be read. */
  readonly runs?: readonly FoundImage[] | undefined;
}

/** What the values and charts of packs name. */
export interface ChartCandidates {
  readonly candidates: readonly Candidate[];
  /** Packs with charts that were not rendered: `profile/pack`. */
  readonly unrendered: readonly string[];
  /** Charts that were rendered to what cannot be read: `profile/pack, chart NAME`. */
  readonly unreadable: readonly string[];
  /** Charts that were read, but not to the end: as those. */
  readonly cut: readonly string[];
}

/** Reads the values of every pack, and the charts that are at hand: rendered, or else their templates, annotations and defaults. */
export function chartCandidates(
  profiles: readonly ParsedProfile[],
  charts: readonly ChartContent[],
): ChartCandidates {
  const candidates: Candidate[] = [];
  const unrendered: string[] = [];
  const unreadable: string[] = [];
  const cut: string[] = [];
  for (const profile of profiles) {
    for (const pack of profile.packs) {
      const own = charts.filter((chart) => chart.profile === profile.name && chart.pack === pack.name);
      candidates.push(...ofPack(profile, pack, own));
      if (profile.isSilent === true) continue;
      const title = `${profile.name}/${pack.name}`;
      const isRendered = own.length > 0 && own.every((chart) => chart.isRendered);
      if (hasCharts(pack) && !isRendered) unrendered.push(title);
      unreadable.push(...own.filter(isUnreadable).map(({ name }) => `${title}, chart ${name}`));
      cut.push(...own.filter(isCut).map(({ name }) => `${title}, chart ${name}`));
    }
  }
  for (const chart of charts.filter(({ pack }) => pack === undefined)) {
    candidates.push(...ofChart(chart, { values: emptyMap, path: '' }, {}));
    if (isUnreadable(chart)) unreadable.push(`chart ${chart.name}`);
    if (isCut(chart)) cut.push(`chart ${chart.name}`);
  }
  return { candidates, unrendered, unreadable, cut };
}

function isUnreadable({ isRendered, runs }: ChartContent): boolean {
  return isRendered && runs === undefined;
}

/** Of what was rendered all is seen. */
function isCut({ outline, runs }: ChartContent): boolean {
  return runs === undefined && outline.isCut();
}

function ofPack(profile: ParsedProfile, pack: ParsedPack, charts: readonly ChartContent[]): Candidate[] {
  const owner: Owner = { profile, pack: pack.name };
  if (charts.length === 0) return pack.content().found.map((found) => candidate(found, owner, 'read'));
  const root = packValues(pack);
  const places = charts.map((chart) => ({ chart, values: chartValues(root, chart.name) }));
  const passedOver = new Set(places.map(({ values }) => values.path.replace(/\.$/, '')));
  const isWhole = passedOver.has('');
  const read = isWhole ? [] : discoverInValues(root, { path: '', appVersions: noVersions, passedOver });
  return [
    ...read.map((found) => candidate(found, owner, 'read')),
    ...places.flatMap(({ chart, values }) => ofChart(chart, values, owner)),
  ];
}

/** The values of a pack as one map: they come in pieces where a section is no YAML before its templates are rendered. */
export function packValues(pack: Pick<ParsedPack, 'trees'>): YamlNode {
  const roots = pack.trees().documents.map(({ root }) => root);
  return roots.filter(({ kind }) => kind === 'map').reduce(mergeValues, emptyMap);
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

function ofChart(chart: ChartContent, { values, path }: ChartValues, owner: Owner): Candidate[] {
  const title = (found: FoundImage): FoundImage => ({ ...found, key: `chart ${chart.name}, ${found.key}` });
  const annotated = chart.outline.annotated.map((found) => candidate(title(found), owner, 'annotation'));
  if (chart.runs !== undefined)
    return [...chart.runs.map((found) => candidate(title(found), owner, 'rendered')), ...annotated];
  const defaults = chart.outline.defaults();
  const merged = mergeValues(defaults.values, values);
  const off = switchedOff(defaults.subCharts, merged);
  const read = discoverInValues(merged, {
    path: path === '' ? `chart ${chart.name}, ` : path,
    appVersions: defaults.appVersions,
    passedOver: nothing,
    disabled: off.paths,
    foreign: nodesOf(defaults.values),
  });
  const templates = chart.outline.templates.map((found) => {
    const isOff = off.folders.some((folder) => found.key.startsWith(folder));
    return title(isOff ? { ...found, isDisabled: true } : found);
  });
  return [...[...read, ...templates].map((found) => candidate(found, owner, 'read')), ...annotated];
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
