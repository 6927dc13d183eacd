import { Document, isMap, isScalar, isSeq, Pair, YAMLMap, YAMLSeq } from 'yaml';

import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { chartFields, fileFields, imageFields, optionFields, profileFields } from './definition-fields.ts';
import type { Fields } from './definition-fields.ts';
import { chartKey, definitionVersion } from './definition.ts';
import type {
  DefinedChart,
  DefinedFile,
  DefinedImage,
  DefinedProfile,
  DefinitionOptions,
} from './definition.ts';
import type { DefinitionSource } from './read-definition.ts';
import { parseDefinitionYaml } from './parse-definition-yaml.ts';

/** What a definition is to say. */
export interface DefinitionContent {
  readonly options: DefinitionOptions;
  readonly profiles: readonly DefinedProfile[];
  /** Sorted by name. Without origins: entries that somebody added by hand. */
  readonly images: readonly Omit<DefinedImage, 'line'>[];
  readonly charts: readonly Omit<DefinedChart, 'line'>[];
  readonly files: readonly DefinedFile[];
}

/** Where the JSON Schema of a definition is published. */
export const definitionSchemaUrl =
  'https://unpkg.com/palette-edge-content-builder/docs/schemas/bundle-definition.schema.json';

const header = ` yaml-language-server: $schema=${definitionSchemaUrl}
 What goes into a bundle, pinned: built from this file it is the same bundle on any day.
 Comments stay when the file is written again, and so do digests and images without origins.`;

/**
 * Writes a definition. What is there already is kept as it is written, comments included, as far as it says the same: only
 * what differs is changed.
 *
 * @param existing the file as it is now, which {@link readDefinition} has read; undefined for a new one
 * @returns the text, the very same when nothing differs
 */
export function writeDefinition(content: DefinitionContent, existing: DefinitionSource | undefined): string {
  if (existing === undefined) return textOf(newDocument(content));
  const { document } = parseDefinitionYaml(existing.text, existing.name);
  const root = document.contents;
  // Whoever read it has made sure of that.
  if (!isMap(root)) throw new TypeError('a definition that is no mapping');
  const before = canonicalJson(plain(root));
  updateMap(mapIn(root, 'options'), optionFields(content.options));
  updateList(listIn(root, 'profiles'), content.profiles.map(profileFields), 'profile');
  updateList(listIn(root, 'images'), content.images.map(imageFields), 'reference');
  updateList(listIn(root, 'charts'), content.charts.map(chartFields), 'chart');
  updateList(listIn(root, 'files'), content.files.map(fileFields), 'name');
  return canonicalJson(plain(root)) === before ? existing.text : textOf(document);
}

function newDocument(content: DefinitionContent): Document {
  const root = new YAMLMap();
  const document = new Document(root);
  document.commentBefore = header;
  root.set('definitionVersion', definitionVersion);
  updateMap(mapIn(root, 'options'), optionFields(content.options));
  updateList(listIn(root, 'profiles'), content.profiles.map(profileFields), 'profile');
  updateList(listIn(root, 'images'), content.images.map(imageFields), 'reference');
  updateList(listIn(root, 'charts'), content.charts.map(chartFields), 'chart');
  updateList(listIn(root, 'files'), content.files.map(fileFields), 'name');
  return document;
}

function textOf(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** What tells an item of a list from others: a field, or all that a profile or chart is known by. */
type KeyField = 'name' | 'reference' | 'profile' | 'chart';

function keyOf(item: unknown, field: KeyField): string {
  if (!isMap(item)) return '';
  const textIn = (name: string): string | undefined => plainText(item.get(name, true));
  switch (field) {
    case 'chart':
      return chartKeyOf(item, textIn);
    case 'profile':
      return `${textIn('name') ?? ''}\0${textIn('version') ?? ''}`;
    case 'reference':
      // The same however it is written.
      return formatReference(parseReference(textIn('reference') ?? ''));
    case 'name':
    default:
      return textIn('name') ?? '';
  }
}

function chartKeyOf(item: YAMLMap, textIn: (field: string) => string | undefined): string {
  return chartKey({
    repository: textIn('repository') ?? '',
    name: textIn('name') ?? '',
    wanted: textIn('wanted'),
    version: textIn('version'),
    digest: textIn('digest'),
    wantsDigest: item.get('wantsDigest') === true,
  });
}

/** By key; the second of two with one key, as of profiles that differ only in their packs, has a number. */
function byKey<T>(items: readonly T[], key: (item: T) => string): Map<string, T> {
  const counts = new Map<string, number>();
  const entries = items.map((item): [string, T] => {
    const own = key(item);
    const count = counts.get(own) ?? 0;
    counts.set(own, count + 1);
    return [count === 0 ? own : `${own}\0${count}`, item];
  });
  return new Map(entries);
}

/** A number as it is written. */
function plainText(node: unknown): string | undefined {
  const value = isScalar(node) ? node.value : node;
  if (value === null || value === undefined) return undefined;
  return typeof value === 'number' && isScalar(node)
    ? (node.source ?? String(value))
    : String(plainScalar(node));
}

function mapIn(root: YAMLMap, name: string): YAMLMap {
  const node = root.get(name, true);
  if (isMap(node)) return node;
  const map = new YAMLMap();
  root.set(name, map);
  return map;
}

function listIn(root: YAMLMap, name: string): YAMLSeq {
  const node = root.get(name, true);
  if (isSeq(node)) return node;
  const list = newList([]);
  root.set(name, list);
  return list;
}

/** Empty lists and lists of plain values stand on one line; so do the mappings in lists that are passed on as values. */
function newList(items: readonly Json[]): YAMLSeq {
  const list = new YAMLSeq();
  list.flow = items.every((item) => typeof item !== 'object' || item === null);
  for (const item of items) {
    const node = new Document(item).contents;
    if (isMap(node) || isSeq(node)) node.flow = true;
    list.add(node);
  }
  return list;
}

/** Brings a list to the fields, which are in order; items that say the same stay as they are written. */
function updateList(list: YAMLSeq, wanted: readonly Fields[], keyField: KeyField): void {
  keepFirstComment(list);
  const fresh = wanted.map((fields) => ({ fields, item: newItem(fields) }));
  const kept = pairUp(
    list.items,
    fresh.map(({ item }) => item),
    keyField,
  );
  const staying = new Set(kept.values());
  list.items = list.items.filter((item) => staying.has(item));
  for (const { fields, item } of fresh) {
    const existing = kept.get(item);
    if (isMap(existing)) updateMap(existing, { ...fields, ...keptKey(existing, keyField) });
    else insertSorted(list, item, keyField);
  }
  list.flow = list.items.length === 0;
}

/** The item that each of the fresh ones is in the list: the one with its key, else, of profiles, another version of it. */
function pairUp(
  list: readonly unknown[],
  fresh: readonly YAMLMap[],
  keyField: KeyField,
): ReadonlyMap<YAMLMap, unknown> {
  const pairs = new Map<YAMLMap, unknown>();
  const fields: readonly KeyField[] = keyField === 'profile' ? ['profile', 'name'] : [keyField];
  for (const field of fields) {
    const taken = new Set(pairs.values());
    const free = list.filter((item) => !taken.has(item));
    const known = byKey(free, (item) => keyOf(item, field));
    const open = fresh.filter((item) => !pairs.has(item));
    for (const [key, item] of byKey(open, (other) => keyOf(other, field))) {
      if (known.has(key)) pairs.set(item, known.get(key));
    }
  }
  return pairs;
}

/** However a reference or a name is written, it stays. */
function keptKey(item: YAMLMap, keyField: KeyField): Fields {
  if (keyField === 'chart') return {};
  const name = keyField === 'profile' ? 'name' : keyField;
  return { [name]: plain(item.get(name, true)) };
}

function newItem(fields: Fields): YAMLMap {
  const map = new YAMLMap();
  updateMap(map, fields);
  return map;
}

/** Behind the last one that comes before it, so that the order that somebody chose stays. */
function insertSorted(list: YAMLSeq, item: YAMLMap, keyField: KeyField): void {
  const key = keyOf(item, keyField);
  const index = list.items.findLastIndex((other) => keyOf(other, keyField) <= key);
  list.items.splice(index + 1, 0, item);
}

/** YAML gives a list the comment that stands before its first item: that item may be moved or removed. */
function keepFirstComment(list: YAMLSeq): void {
  const [first] = list.items;
  if (typeof list.commentBefore !== 'string' || !isMap(first)) return;
  first.commentBefore = list.commentBefore;
  list.commentBefore = null;
}

/** Brings a mapping to the fields; one that is undefined is removed, one that is new comes behind the one before it. */
function updateMap(map: YAMLMap, fields: Fields): void {
  let previous: string | undefined;
  for (const [name, value] of Object.entries(fields)) {
    const node = map.get(name, true);
    if (value === undefined) map.delete(name);
    else if (node === undefined) addField(map, { name, value, previous });
    else if (canonicalJson(plain(node)) !== canonicalJson(value)) changeField(map, name, value);
    if (value !== undefined) previous = name;
  }
}

function addField(
  map: YAMLMap,
  {
    name,
    value,
    previous,
  }: { readonly name: string; readonly value: Json; readonly previous: string | undefined },
): void {
  const index = map.items.findIndex(({ key }) => plainScalar(key) === previous);
  map.items.splice(previous === undefined ? 0 : index + 1, 0, new Pair(name, nodeOf(value)));
}

function changeField(map: YAMLMap, name: string, value: Json): void {
  const node = map.get(name, true);
  // In its place, so that the comment beside it stays.
  if (isScalar(node) && (typeof value !== 'object' || value === null)) node.value = value;
  else map.set(name, nodeOf(value));
}

function nodeOf(value: Json): unknown {
  return Array.isArray(value) ? newList(value) : value;
}

/** What a piece says, without how it is written. */
function plain(node: unknown): Json {
  if (isSeq(node)) return node.items.map(plain);
  if (!isMap(node)) return plainScalar(node);
  const entries = node.items.map(({ key, value }): [string, Json] => [
    String(plainScalar(key)),
    plain(value),
  ]);
  return Object.fromEntries(entries);
}

function plainScalar(node: unknown): string | number | boolean | null {
  const value = isScalar(node) ? node.value : node;
  // As it is written: 1.10 stays that.
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    return (isScalar(node) ? node.source : undefined) ?? null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
