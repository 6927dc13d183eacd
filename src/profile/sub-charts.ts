import { entryOf, listField, mapField, scalarField, textField } from './yaml-fields.ts';
import type { YamlNode } from './yaml-tree.ts';

/** A sub-chart, in one place of the values. */
export interface SubChart {
  /** Of its files: `charts/redis/`. */
  readonly folder: string;
  /** Path of its values: its name, or the alias that its chart has for it, below those of the charts that it is in. */
  readonly keys: readonly string[];
  /** Paths in the values of the whole chart: the first one that is a truth value switches it on or off. */
  readonly conditions: readonly (readonly string[])[];
  /** Keys below `tags` of the values. */
  readonly tags: readonly string[];
}

/** What is read of a chart. */
export interface ChartReader {
  /** Folders with a Chart.yaml, each with its slash at the end, empty for the outermost chart. */
  readonly folders: readonly string[];
  /** A file of the chart, parsed; undefined when there is none. */
  readonly parse: (path: string) => YamlNode | undefined;
}

/** Of all charts: a chart with more is none, and aliases in aliases would be without end. */
const maximumSubCharts = 500;
/** Of one chart, and of what each of them says. */
const maximumDependencies = 1000;
const maximumWords = 20;

/**
 * The sub-charts of a chart, outermost first, as Helm finds them (helm.sh/docs/topics/charts, "Chart Dependencies"): one that has
 * several aliases is there several times.
 */
export function findSubCharts({ folders, parse }: ChartReader): readonly SubChart[] {
  const inFolder = Map.groupBy(folders, (folder) => folder.replace(/charts\/[^/]+\/$/, ''));
  const found: SubChart[] = [];
  const charts: Place[] = [{ folder: '', keys: [] }];
  for (const chart of charts) {
    const inner = (inFolder.get(chart.folder) ?? []).filter((folder) => folder !== chart.folder);
    for (const subChart of directlyIn(chart, { folders: inner, parse })) {
      if (found.length >= maximumSubCharts) return found;
      found.push(subChart);
      charts.push(subChart);
    }
  }
  return found;
}

type Place = Pick<SubChart, 'folder' | 'keys'>;

function* directlyIn({ folder, keys }: Place, { folders, parse }: ChartReader): Generator<SubChart> {
  const listed = ['Chart.yaml', 'requirements.yaml'].flatMap((file) =>
    (listField(parse(`${folder}${file}`), 'dependencies')?.items ?? []).slice(0, maximumDependencies),
  );
  const byName = Map.groupBy(listed, (item) => textField(item, 'name'));
  for (const inner of folders) {
    const base = /([^/]+)\/$/.exec(inner)?.[1] ?? '';
    const name = textField(parse(`${inner}Chart.yaml`), 'name') ?? base;
    // Not listed by its chart: Helm takes it all the same.
    const dependencies = byName.get(name) ?? [undefined];
    for (const item of dependencies) {
      yield {
        folder: inner,
        keys: [...keys, textField(item, 'alias') ?? name],
        conditions: conditionsOf(item).map((path) => [...keys, ...path.split('.')]),
        tags: (listField(item, 'tags')?.items ?? [])
          .slice(0, maximumWords)
          .flatMap((tag) => (tag.kind === 'scalar' ? [tag.text] : [])),
      };
    }
  }
}

function conditionsOf(dependency: YamlNode | undefined): string[] {
  const paths = (textField(dependency, 'condition') ?? '').split(',', maximumWords);
  return paths.map((path) => path.trim()).filter((path) => path !== '' && path.length < 500);
}

/** What does not run: sub-charts that values switch off. */
export interface SwitchedOff {
  /** In the values. */
  readonly paths: ReadonlySet<string>;
  readonly folders: readonly string[];
}

/** Finds what the values of a chart, merged with its defaults, switch off: conditions go before tags, as in Helm. */
export function switchedOff(subCharts: readonly SubChart[], values: YamlNode): SwitchedOff {
  const off = new Set(subCharts.filter((subChart) => !isOn(subChart, values)));
  const running = new Set(subCharts.filter((each) => !off.has(each)).map(({ folder }) => folder));
  return {
    paths: new Set([...off].map(({ keys }) => keys.join('.'))),
    folders: [...off].map(({ folder }) => folder).filter((folder) => !running.has(folder)),
  };
}

function isOn({ conditions, tags }: SubChart, values: YamlNode): boolean {
  for (const path of conditions) {
    const node = path.reduce<YamlNode | undefined>((parent, key) => entryOf(parent, key)?.value, values);
    const truth = truthOf(node);
    if (truth !== undefined) return truth;
  }
  const given = mapField(values, 'tags');
  const truths = tags.map((tag) => truthOf(scalarField(given, tag)));
  return truths.includes(true) || !truths.includes(false);
}

/** Text in quotes says nothing to Helm: not in conditions, nor in tags. */
function truthOf(node: YamlNode | undefined): boolean | undefined {
  const word = node?.kind === 'scalar' && node.type === 'other' ? node.text.toLowerCase() : '';
  return word === 'true' || word === 'false' ? word === 'true' : undefined;
}
