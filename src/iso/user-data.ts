import { isMap, isScalar, isSeq, visit } from 'yaml';
import type { Document } from 'yaml';

import { PaletteEdgeError } from '../errors.ts';
import { parseYamlText } from '../io/parse-yaml-text.ts';
import { stylusKeys } from './stylus-keys.ts';
import type { KnownKeys } from './stylus-keys.ts';

/** A key of the user data that no documentation has. */
export interface UnknownKey {
  /** From 1. */
  readonly line: number;
  /** Of the blocks it is in: `stylus.site`; empty at the top. */
  readonly block: string;
  readonly key: string;
  /** Keys that such a block may have. */
  readonly known: readonly string[];
}

/** What was found in user data that can be read. */
export interface CheckedUserData {
  readonly hasStylus: boolean;
  /** Keys of the `stylus` block, and all at the top: there, others than ours are usual. */
  readonly unknown: readonly UnknownKey[];
}

/** Most bytes of user data. */
export const maximumUserData = 1024 * 1024;

/** What is known at the top of user data. */
const topKeys = ['stylus', 'install', 'stages'] as const;

/**
 * Checks user data of an edge host: it begins with `#cloud-config`, is YAML, and a mapping without keys that are there twice. Values are
 * not looked at, and are in no message: some are secrets.
 *
 * @param file for messages
 * @throws PaletteEdgeError `USER_DATA_INVALID` (kind usage) with the line, and the column where it is no YAML
 */
export function checkUserData(bytes: Uint8Array, file: string): CheckedUserData {
  const text = textOf(bytes, file);
  const [firstLine = ''] = text.split('\n', 1);
  if (firstLine.trimEnd() !== '#cloud-config') {
    throw invalid(`${file}:1`, 'expected the first line to be #cloud-config, and nothing else in it', [
      'Put it there, before anything else: cloud-init takes the file for something else without it.',
    ]);
  }
  const { document, lineOf: lineAt } = parseYamlText(text, { file, invalid });
  const lineOf: LineOf = (node) => (isScalar(node) ? lineAt(node.range?.[0] ?? 0) : 1);
  refuseDoubleKeys(document, lineOf, file);
  const root = document.contents;
  if (!isMap(root)) throw invalid(file, 'expected keys and values, as in stylus: …');
  const stylus = root.items.find(({ key }) => keyText(key) === 'stylus');
  const unknown: UnknownKey[] = [];
  const top = Object.fromEntries(topKeys.map((key) => [key, undefined]));
  addUnknown({ node: root, known: top, block: '' }, unknown, lineOf);
  if (stylus !== undefined)
    collectUnknown({ node: stylus.value, known: stylusKeys, block: 'stylus' }, unknown, lineOf);
  return { hasStylus: stylus !== undefined, unknown };
}

type LineOf = (node: unknown) => number;

function textOf(bytes: Uint8Array, file: string): string {
  if (bytes.length > maximumUserData) throw invalid(file, `it has more than ${maximumUserData} bytes`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith('\uFEFF')) return text;
  } catch {
    throw invalid(file, 'it is not UTF-8');
  }
  throw invalid(`${file}:1`, 'it begins with a byte order mark', ['Save it as UTF-8 without BOM.']);
}

function refuseDoubleKeys(document: Document.Parsed, lineOf: LineOf, file: string): void {
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const text = keyText(key);
        if (text === undefined) continue;
        if (seen.has(text)) throw invalid(`${file}:${lineOf(key)}`, `the key ${shown(text)} is there twice`);
        seen.add(text);
      }
    },
  });
}

interface Block {
  readonly node: unknown;
  readonly known: KnownKeys;
  readonly block: string;
}

function collectUnknown(first: Block, unknown: UnknownKey[], lineOf: LineOf): void {
  const blocks = [first];
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) {
    blocks.push(...blocksBelow(block));
    addUnknown(block, unknown, lineOf);
  }
  unknown.sort((left, right) => left.line - right.line);
}

function blocksBelow({ node, known, block }: Block): Block[] {
  const items = known['[]'];
  if (isSeq(node) && items !== undefined) {
    return node.items.map((item) => ({ node: item, known: items, block: `${block}[]` }));
  }
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    const text = keyText(key);
    const below = text === undefined ? undefined : (known[text] ?? known['*']);
    return below === undefined ? [] : [{ node: value, known: below, block: `${block}.${text}` }];
  });
}

function addUnknown({ node, known, block }: Block, unknown: UnknownKey[], lineOf: LineOf): void {
  if (!isMap(node) || '*' in known || '[]' in known) return;
  for (const { key } of node.items) {
    const text = keyText(key);
    if (text === undefined || text === '<<' || Object.hasOwn(known, text)) continue;
    unknown.push({ line: lineOf(key), block, key: text, known: Object.keys(known) });
  }
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
}

function shown(key: string): string {
  return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
}

function invalid(place: string, reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
  return new PaletteEdgeError('USER_DATA_INVALID', `${place}: ${reason}`, { kind: 'usage', suggestions });
}
