import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { parseYamlText } from './chart-yaml.ts';

/** A version of a chart in the index of a repository. */
export interface IndexedChart {
  readonly version: string;
  /** Relative to the repository, or absolute. */
  readonly urls: readonly string[];
  /** Hex digits of the archive's sha256; undefined when the index does not say. */
  readonly sha256: string | undefined;
}

/** Largest `index.yaml`, in bytes. Those of the largest repositories have 20 MB. */
export const maximumIndexSize = 64 * 1024 * 1024;
/** A YAML text that is parsed as a whole, in characters: it takes a second for each MiB or two. */
const maximumParsedLength = 4 * 1024 * 1024;
const maximumVersions = 20_000;

/**
 * Finds the versions of a chart in an `index.yaml` (helm.sh/docs/topics/chart_repository). An index holds everything about
 * all charts, and parsing all of it takes many seconds: only the few lines that matter are parsed. In what Helm and other
 * programs write they are told by their indentation; an index that is written otherwise is parsed as a whole.
 *
 * @param place the index, for messages
 * @returns undefined when there is no such chart
 * @throws PaletteEdgeError `CHART_INDEX_INVALID` (kind content)
 */
export function findInIndex(text: string, name: string, place: string): IndexedChart[] | undefined {
  const entries = /^\s*\{/.test(text)
    ? fromDocument(parseJson(text, place), name, place)
    : fromYaml(text, name, place);
  if (entries === undefined || entries === null) return undefined;
  if (!Array.isArray(entries) || entries.length > maximumVersions)
    throw invalidIndex(place, `the versions of ${name} are no list, or too many`);
  return entries.flatMap(readEntry);
}

function parseJson(text: string, place: string): unknown {
  try {
    const document: unknown = JSON.parse(text);
    return document;
  } catch {
    // Braces are YAML, too.
    return parseWhole(text, place);
  }
}

function fromYaml(text: string, name: string, place: string): unknown {
  const lines = linesOf(text, name);
  if (lines === undefined) return fromDocument(parseWhole(text, place), name, place);
  if (lines.length === 0) return undefined;
  const fields = essence(lines);
  if (fields.length > maximumParsedLength) throw invalidIndex(place, `it says too much of ${name}`);
  try {
    return parseYamlText(fields, place);
  } catch {
    return fromDocument(parseWhole(text, place), name, place);
  }
}

function parseWhole(text: string, place: string): unknown {
  if (text.length > maximumParsedLength)
    throw invalidIndex(place, 'it is too large to be written in other ways than Helm writes it');
  try {
    return parseYamlText(text, place);
  } catch (error) {
    throw invalidIndex(place, 'it is neither YAML nor JSON', error);
  }
}

function fromDocument(document: unknown, name: string, place: string): unknown {
  const entries = isRecord(document) ? document['entries'] : undefined;
  if (entries === null) return undefined;
  if (!isRecord(entries)) throw invalidIndex(place, 'it has no entries');
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/**
 * The lines below the key of a chart, in an index in block style.
 *
 * @returns no lines when the index does not have the chart, undefined when it is written otherwise
 */
function linesOf(text: string, name: string): string[] | undefined {
  const start = /^entries:[ \t]*(?:#.*)?\r?\n/m.exec(text);
  if (start === null) return undefined;
  const from = start.index + start[0].length;
  const first = /^( *)(?:[^\s#])/m.exec(text.slice(from, from + 100_000));
  const indent = first?.[1]?.length ?? 0;
  if (indent === 0) return undefined;
  const quoted = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const key = new RegExp(`^ {${indent}}(?:${quoted}|"${quoted}"|'${quoted}'):[ \\t]*(?:#.*)?\\r?\\n`, 'm');
  const found = key.exec(text.slice(from));
  if (found === null) return isOpenKey(text.slice(from), indent, quoted) ? undefined : [];
  const begin = from + found.index + found[0].length;
  // To the next key of this level or above; lists may be on the level of their key.
  const end = new RegExp(`^ {0,${indent}}(?![ \\t]|-[ \\t\\r\\n]|#|\\r?\\n)`, 'm').exec(text.slice(begin));
  return text.slice(begin, end === null ? undefined : begin + end.index).split(/\r?\n/);
}

/** Whether the key is there with something behind it: a list in brackets, an anchor. */
function isOpenKey(text: string, indent: number, quoted: string): boolean {
  return new RegExp(`^ {${indent}}["']?${quoted}["']?[ \\t]*:`, 'm').test(text);
}

const readKeys = /^ *["']?(?:version|urls|digest)["']?[ \t]*:/;

/** Of each item of the list only the fields that are read. */
function essence(lines: readonly string[]): string {
  const dash = Math.max(0, lines.find((line) => /^ *-(?:\s|$)/.test(line))?.indexOf('-') ?? 0);
  const isItem = (line: string): boolean => line.startsWith('-', dash) && line.search(/[^ ]/) === dash;
  const items: string[][] = [];
  for (const line of lines) {
    if (isItem(line)) items.push([`${line.slice(0, dash)} ${line.slice(dash + 1)}`]);
    else items.at(-1)?.push(line);
  }
  return items.flatMap((item) => [`${' '.repeat(dash)}-`, ...fieldsOf(item)]).join('\n');
}

function fieldsOf(item: readonly string[]): readonly string[] {
  const first = item.find((line) => line.trim() !== '') ?? '';
  // In braces, or an alias.
  if (!/^ *[\w."'-]+[ \t]*:/.test(first)) return item;
  const keyIndent = first.search(/\S/);
  let isKept = false;
  return item.filter((line) => {
    const isKey = line.search(/\S/) === keyIndent && !/^ *(?:-(?:\s|$)|#)/.test(line);
    if (isKey) isKept = readKeys.test(line);
    return isKept;
  });
}

function readEntry(entry: unknown): IndexedChart[] {
  if (!isRecord(entry)) return [];
  const { version, urls, digest } = entry;
  // Unquoted, 1.10 is a number; Helm makes text of it, too.
  if (typeof version !== 'string' && typeof version !== 'number') return [];
  const links = Array.isArray(urls) ? urls.filter((url: unknown) => typeof url === 'string') : [];
  const sha256 =
    typeof digest === 'string'
      ? digest
          .trim()
          .toLowerCase()
          .replace(/^sha256:/, '')
      : '';
  return [
    { version: String(version), urls: links, sha256: /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined },
  ];
}

function invalidIndex(place: string, reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError(
    'CHART_INDEX_INVALID',
    `${place} is no index of a chart repository: ${reason}`,
    {
      kind: 'content',
      cause,
      suggestions: ['Check the URL of the repository: index.yaml is right below it.'],
    },
  );
}
