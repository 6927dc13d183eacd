import { PaletteEdgeError } from '../errors.ts';
import { hasImplicitTag } from '../oci/reference.ts';
import {
  discoverInManifests,
  maximumLines,
  objectTitle,
  referencesInLines,
} from './discover-in-manifests.ts';
import { isReference } from './discover-reference.ts';
import type { FoundImage } from './discover-reference.ts';
import { findManifestImages } from './manifest-images.ts';
import { shownText } from './shown-text.ts';
import { findSubCharts } from './sub-charts.ts';
import type { SubChart } from './sub-charts.ts';
import { mapField, textField } from './yaml-fields.ts';
import { parseYaml } from './yaml-tree.ts';
import type { YamlDocument, YamlEntry, YamlMap, YamlNode } from './yaml-tree.ts';

/** The files of a chart by path: `Chart.yaml`, `templates/service.yaml`, `charts/redis/values.yaml`. */
export type ChartTexts = ReadonlyMap<string, Uint8Array>;

const decoder = new TextDecoder('utf-8');

/** Is called when there is more YAML than is read of one chart. */
export type OnCut = () => void;

/** The images of the annotation `artifacthub.io/images` (artifacthub.io/docs/topics/annotations/helm); of sub-charts as guesses. */
export function discoverInAnnotations(files: ChartTexts, onCut?: OnCut): FoundImage[] {
  const parse = boundedParser(onCut);
  return [...files.keys()].filter(isChartYaml).flatMap((path) => {
    const root = parse(textOf(files, path))[0]?.root;
    const text = textField(mapField(root, 'annotations'), 'artifacthub.io/images');
    if (text === undefined) return [];
    const list = parse(text)[0]?.root;
    return (list?.kind === 'list' ? list.items : []).flatMap((item) => {
      const image = textField(item, 'image');
      const isMaybe = path !== 'Chart.yaml';
      return image === undefined
        ? []
        : [{ text: image, key: `${path} artifacthub.io/images`, isMaybe, isDisabled: false }];
    });
  });
}

/** References that stand in templates and in CRDs as they are, not put together from values. */
export function discoverInTemplates(files: ChartTexts, onCut?: OnCut): FoundImage[] {
  const parse = boundedParser(onCut);
  return [...files.keys()].flatMap((path): FoundImage[] => {
    const isTemplate = /(?:^|\/)templates\/(?!tests?\/).*\.(?:ya?ml|tpl)$/.test(path);
    const isCrd = /(?:^|\/)crds\/.*\.ya?ml$/.test(path);
    if (!isTemplate && !isCrd) return [];
    const text = textOf(files, path);
    if (isCrd) {
      return parse(text).flatMap(({ root }) =>
        discoverInManifests(root).map(({ key, ...found }) => ({ ...found, key: `${path} ${key}` })),
      );
    }
    return imageLines(text).map((found) => ({
      text: found.text,
      key: `${path} line ${found.line + 1}`,
      isMaybe: false,
      isDisabled: false,
    }));
  });
}

/** Lines such as `image: postgres:14`, whose key leaves no doubt, and those that name an image in full. */
function imageLines(text: string): { readonly text: string; readonly line: number }[] {
  const short = text.split('\n', maximumLines).flatMap((content, line) => {
    const match = /^\s*(?:- )?image:\s*["']?([a-z0-9][\w./:@-]*)["']?\s*(?:#.*)?$/.exec(
      content.slice(0, 1000),
    );
    const image = match?.[1] ?? '';
    return image.includes(':') && !hasImplicitTag(image) && isReference(image) ? [{ text: image, line }] : [];
  });
  const lines = new Set(short.map(({ line }) => line));
  return [...short, ...referencesInLines(text).filter(({ line }) => !lines.has(line))];
}

/**
 * The images of what `helm template` printed: of pod specs for certain, of other fields when they are references in full.
 *
 * @throws PaletteEdgeError `YAML_INVALID` when it is none
 */
export function discoverInRendered(text: string): FoundImage[] {
  return parseYaml(text, (line) => `line ${line} of the rendered chart`).flatMap(({ root }) => {
    const title = objectTitle(root);
    const fields = findManifestImages(root).map(({ text: image, key, isPodSpec }) => ({
      text: image,
      key: `${title} ${shownText(key)}`,
      isMaybe: !isPodSpec,
      isDisabled: false,
    }));
    const others = discoverInManifests(root).map((found) => ({
      ...found,
      key: `${title} ${found.key}`,
      line: undefined,
    }));
    return [...fields, ...others];
  });
}

/** What a chart says of itself, its sub-charts' values and versions included. */
export interface ChartDefaults {
  /** `values.yaml`, with those of each sub-chart under its name or alias. */
  readonly values: YamlNode;
  /** `appVersion` by path in the values: `''` for the chart, `redis` for its sub-chart. */
  readonly appVersions: ReadonlyMap<string, string>;
  readonly subCharts: readonly SubChart[];
}

/** Values of sub-charts that are there under several aliases, in bytes: each is looked through again. */
const maximumRepeated = 8 * 1024 * 1024;

/** Reads `values.yaml` and `Chart.yaml` of a chart and of its sub-charts. What cannot be read counts as empty. */
export function readChartDefaults(files: ChartTexts, onCut?: OnCut): ChartDefaults {
  const parsed = new Map<string, YamlNode | undefined>();
  const parseText = boundedParser(onCut);
  const parse = (path: string): YamlNode | undefined => {
    if (!parsed.has(path)) parsed.set(path, parseText(textOf(files, path))[0]?.root);
    return parsed.get(path);
  };
  const folders = [...files.keys()].filter(isChartYaml).map((path) => path.slice(0, -'Chart.yaml'.length));
  const subCharts = findSubCharts({ folders, parse });
  const appVersions = new Map<string, string>();
  const isTooMuch = repetition(files);
  let values: YamlNode = emptyMap;
  // Outermost first: their values win over those of the sub-charts.
  for (const { folder, keys } of [{ folder: '', keys: [] }, ...subCharts]) {
    const appVersion = textField(parse(`${folder}Chart.yaml`), 'appVersion');
    if (appVersion !== undefined) appVersions.set(keys.join('.'), appVersion);
    const path = `${folder}values.yaml`;
    const own = parse(path);
    if (isTooMuch(path)) onCut?.();
    else if (own?.kind === 'map') values = mergeValues(below(own, keys), values);
  }
  return { values, appVersions, subCharts };
}

/** Tells of each path in turn whether it was there before, and that is too much by now. */
function repetition(files: ChartTexts): (path: string) => boolean {
  const seen = new Set<string>();
  let repeated = 0;
  return (path) => {
    const isRepeated = seen.has(path);
    if (isRepeated) repeated += files.get(path)?.length ?? 0;
    seen.add(path);
    return isRepeated && repeated > maximumRepeated;
  };
}

const emptyMap: YamlMap = { kind: 'map', entries: new Map(), line: 1 };

function below(node: YamlMap, keys: readonly string[]): YamlNode {
  return keys.reduceRight<YamlNode>(
    (inner, key) => ({ kind: 'map', entries: new Map([[key, { value: inner, line: 1 }]]), line: 1 }),
    node,
  );
}

/** Values over defaults, as Helm does: maps are merged, lists and single values replaced. */
export function mergeValues(defaults: YamlNode, values: YamlNode): YamlNode {
  if (defaults.kind !== 'map' || values.kind !== 'map') return values;
  const entries = new Map<string, YamlEntry>(defaults.entries);
  for (const [key, entry] of values.entries) {
    const known = entries.get(key);
    const value = known === undefined ? entry.value : mergeValues(known.value, entry.value);
    entries.set(key, { value, line: entry.line });
  }
  return { kind: 'map', entries, line: values.line };
}

function isChartYaml(path: string): boolean {
  return /^(?:charts\/[^/]+\/)*Chart\.yaml$/.test(path);
}

function textOf(files: ChartTexts, path: string): string {
  const bytes = files.get(path);
  return bytes === undefined ? '' : decoder.decode(bytes);
}

/** Of one chart, in characters: no real one has as much, and each million takes a second in which nothing else is done. */
const maximumParsed = 16 * 1024 * 1024;

/**
 * Parses texts of one chart, up to {@link maximumParsed} together. A chart's own files are Helm's business: what is no YAML, or too much
 * of it, names no image here.
 */
function boundedParser(onCut?: OnCut): (text: string) => readonly YamlDocument[] {
  let left = maximumParsed;
  return (text) => {
    left -= text.length;
    if (left < 0) {
      onCut?.();
      return [];
    }
    try {
      return parseYaml(text, () => 'the chart');
    } catch (error) {
      if (error instanceof PaletteEdgeError) return [];
      throw error;
    }
  };
}
