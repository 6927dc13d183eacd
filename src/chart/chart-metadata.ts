import { isRecord } from '../io/is-record.ts';
import type { ChartFiles } from './chart-archive.ts';
import { invalidChart } from './chart-error.ts';
import { parseChartVersion } from './chart-version.ts';
import { parseChartYaml } from './chart-yaml.ts';
import { sortedMap } from './go-json.ts';
import type { GoJson } from './go-json.ts';

/** What a chart says of itself. */
export interface ChartMetadata {
  readonly name: string;
  readonly version: string;
  /** Charts that it needs, as it names them. */
  readonly dependencies: readonly string[];
  /** All fields that Helm knows, in Helm's order (`chart.Metadata`), without those that are empty. */
  readonly fields: ReadonlyMap<string, GoJson>;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/;

/**
 * Reads Chart.yaml, and requirements.yaml of old charts, as Helm loads them (`LoadFiles`, `Metadata.Validate`).
 *
 * @param place which chart it is, for messages
 * @throws PaletteEdgeError `CHART_INVALID` (kind content)
 */
export function readChartMetadata(files: ChartFiles, place: string): ChartMetadata {
  const documents = ['Chart.yaml', 'requirements.yaml'].flatMap((path) => {
    const bytes = files.get(path);
    return bytes === undefined ? [] : [parseChartYaml(bytes, `${place}, ${path}`)];
  });
  const merged: Record<string, unknown> = Object.assign({}, ...documents);
  const { name, version } = merged;
  const fields = readFields({ apiVersion: 'v1', ...merged }, metadataFields, place);
  const [chartName, chartVersion] = [fields.get('name'), fields.get('version')];
  if (typeof chartName !== 'string' || !namePattern.test(chartName))
    throw invalidChart(place, `its name cannot be ${shown(name)}`);
  if (typeof chartVersion !== 'string' || parseChartVersion(chartVersion) === undefined)
    throw invalidChart(place, `its version cannot be ${shown(version)}: it is no SemVer`);
  const dependencies = Array.isArray(merged['dependencies']) ? merged['dependencies'] : [];
  return {
    name: chartName,
    version: chartVersion,
    dependencies: dependencies.flatMap((item: unknown) =>
      isRecord(item) && typeof item['name'] === 'string' ? [clean(item['name'])] : [],
    ),
    fields,
  };
}

/** Makes a value of a field; undefined when it is empty and left out. Throws {@link FieldError}. */
type Field = (value: unknown) => GoJson | undefined;

class FieldError extends Error {}

/** Of `chart.Maintainer`. */
const maintainerFields: readonly (readonly [string, Field])[] = [
  ['name', printable],
  ['email', printable],
  ['url', printable],
];

/** Of `chart.Dependency`; name and repository are there even when empty. */
const dependencyFields: readonly (readonly [string, Field])[] = [
  ['name', (value) => printable(value) ?? ''],
  ['version', printable],
  ['repository', (value) => printable(value) ?? ''],
  ['condition', printable],
  ['tags', listOf(printable)],
  ['enabled', flag],
  ['import-values', listOf(anything)],
  ['alias', plain],
];

/** Of `chart.Metadata`, in its order. */
const metadataFields: readonly (readonly [string, Field])[] = [
  ['name', printable],
  ['home', printable],
  ['sources', listOf(printable)],
  ['version', plain],
  ['description', printable],
  ['keywords', listOf(printable)],
  ['maintainers', listOf(record(maintainerFields))],
  ['icon', printable],
  ['apiVersion', plain],
  ['condition', printable],
  ['tags', printable],
  ['appVersion', printable],
  ['deprecated', flag],
  ['annotations', texts],
  ['kubeVersion', printable],
  ['dependencies', listOf(record(dependencyFields))],
  ['type', plain],
];

function readFields(
  document: Readonly<Record<string, unknown>>,
  fields: readonly (readonly [string, Field])[],
  place: string,
): Map<string, GoJson> {
  const read = new Map<string, GoJson>();
  for (const [name, field] of fields) {
    try {
      const value = field(Object.hasOwn(document, name) ? document[name] : undefined);
      if (value !== undefined) read.set(name, value);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      throw invalidChart(`${place}, Chart.yaml`, `${name} ${error.message}`, error);
    }
  }
  return read;
}

/** Helm's YAML makes text of numbers and booleans where it wants text. */
function plain(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  throw new FieldError('is no text');
}

function printable(value: unknown): string | undefined {
  const text = plain(value);
  return text === undefined ? undefined : clean(text) || undefined;
}

/** Helm's `sanitizeString`: white space becomes spaces, what cannot be printed goes. */
function clean(text: string): string {
  return text.replaceAll(/[\t\n\v\f\r\u0085\p{Z}]/gu, ' ').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');
}

function flag(value: unknown): true | undefined {
  if (value === true || (typeof value === 'string' && /^(?:y|yes|on|true)$/i.test(value))) return true;
  if (value === undefined || value === null || value === false || typeof value === 'string') return undefined;
  throw new FieldError('is neither true nor false');
}

function texts(value: unknown): GoJson | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw new FieldError('is no mapping');
  const entries = Object.entries(value).map(([key, text]): [string, GoJson] => [key, plain(text) ?? '']);
  return entries.length === 0 ? undefined : sortedMap(new Map(entries));
}

function listOf(item: Field): Field {
  return (value) => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw new FieldError('is no list');
    if (value.length === 0) return undefined;
    return value.map((entry: unknown) => item(entry) ?? '');
  };
}

function record(fields: readonly (readonly [string, Field])[]): Field {
  return (value) => {
    if (!isRecord(value)) throw new FieldError('has an entry that is no mapping');
    const read = fields.map(([name, field]) => [name, field(value[name])] as const);
    return new Map(read.flatMap(([name, field]) => (field === undefined ? [] : [[name, field]])));
  };
}

const maximumDepth = 32;

function anything(value: unknown): GoJson {
  return valueOf(value, 0);
}

/** An alias may lead back to where it stands. */
function valueOf(value: unknown, depth: number): GoJson {
  if (depth > maximumDepth) throw new FieldError(`has values more than ${maximumDepth} deep`);
  if (Array.isArray(value)) return value.map((item: unknown) => valueOf(item, depth + 1));
  if (isRecord(value)) {
    const fields = Object.entries(value).map(([key, field]) => [key, valueOf(field, depth + 1)] as const);
    return sortedMap(new Map(fields));
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : 'what it is';
}
