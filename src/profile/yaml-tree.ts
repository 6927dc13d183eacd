import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseAllDocuments } from 'yaml';
import type { Alias, Document, Scalar, YAMLMap, YAMLSeq } from 'yaml';

import { PaletteEdgeError } from '../errors.ts';
import { simpleTree } from './simple-tree.ts';

/** A piece of a YAML (or JSON) document: immutable, aliases followed, every piece knowing its 1-based line. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

/** A mapping; a `Map`, so that a key `__proto__` is a key like any other. */
export interface YamlMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, YamlEntry>;
  readonly line: number;
}

/** One key of a mapping. */
export interface YamlEntry {
  readonly value: YamlNode;
  /** Line of the key. */
  readonly line: number;
}

/** A sequence. */
export interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
  readonly line: number;
}

/** A single value. */
export interface YamlScalar {
  readonly kind: 'scalar';
  /** As written, so that `1.10` stays `1.10`; empty for null. */
  readonly text: string;
  readonly type: 'string' | 'null' | 'other';
  readonly line: number;
  /** Line that the text itself begins on: the one after the `|` of a block. */
  readonly textLine: number;
}

/** A document of a YAML stream that is not empty. */
export interface YamlDocument {
  readonly root: YamlNode;
  /** Keys that a mapping has twice; the last one counts. */
  readonly duplicates: readonly DuplicateKey[];
}

/** A key that was there before in the same mapping. */
interface DuplicateKey {
  readonly key: string;
  /** The key at the document's root that it is below. */
  readonly rootKey: string;
  readonly line: number;
  readonly column: number;
}

/** Says where in the input a line and column are, for messages. */
export type Place = (line: number, column: number) => string;

/** What a text is part of. */
export interface ParseOptions {
  /** Gives back what was masked before parsing; applied to every key and value. */
  readonly unmask?: (masked: string) => string;
  /** Line that the text begins on, where it is a part of a larger one. */
  readonly firstLine?: number;
}

/** Texts longer than this are refused: 16 Mi characters. */
export const maximumTextLength = 16 * 1024 * 1024;

const maximumTokens = 3_000_000;
const maximumDocuments = 10_000;
const maximumNodes = 1_000_000;
const maximumDepth = 200;
const treeLimits = { nodes: maximumNodes, depth: maximumDepth };

/**
 * Parses a YAML stream; JSON is YAML too.
 *
 * @throws PaletteEdgeError `YAML_INVALID` (kind usage) with line and column, also when aliases expand to too much
 */
export function parseYaml(text: string, place: Place, options: ParseOptions = {}): YamlDocument[] {
  checkSize(text, place);
  const simple = simpleTree(text, options, treeLimits);
  if (simple !== undefined) return [{ root: simple, duplicates: [] }];
  return parseYamlWithLibrary(text, place, options);
}

/** The same for all of YAML, and for its mistakes. Without the limits on the length of the text. */
export function parseYamlWithLibrary(text: string, place: Place, options: ParseOptions): YamlDocument[] {
  const { unmask = (masked: string) => masked, firstLine = 1 } = options;
  const lineCounter = new LineCounter();
  const positionOf = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1) + firstLine - 1, column: Math.max(col, 1) };
  };
  const documents = libraryDocuments(text, lineCounter, place);
  for (const { errors } of documents) {
    const [error] = errors.toSorted((left, right) => left.pos[0] - right.pos[0]);
    if (error === undefined) continue;
    const { line, column } = positionOf(error.pos[0]);
    const reason = error.code === 'RESOURCE_EXHAUSTION' ? 'it is nested too deeply' : error.message;
    throw yamlInvalid(place(line, column), reason);
  }
  return documents.flatMap((document) => convert(document, { positionOf, place, unmask }));
}

function libraryDocuments(text: string, lineCounter: LineCounter, place: Place): Document.Parsed[] {
  try {
    return [
      ...parseAllDocuments(text, {
        lineCounter,
        prettyErrors: false,
        // The library compares every key with every other; the conversion finds duplicates in one pass.
        uniqueKeys: false,
        resolveKnownTags: false,
        logLevel: 'silent',
      }),
    ];
  } catch (error) {
    // The stack of its parser is that of JavaScript where mappings and lists go on in one line.
    throw error instanceof RangeError ? yamlInvalid(place(1, 1), 'it is nested too deeply') : error;
  }
}

function checkSize(text: string, place: Place): void {
  if (text.length > maximumTextLength) {
    throw new PaletteEdgeError(
      'FILE_TOO_LARGE',
      `${place(1, 1)}: the text has ${text.length} characters, more than ${maximumTextLength}`,
      { kind: 'usage', suggestions: ['Is it the right file?'] },
    );
  }
  if ((text.match(/^(?:---|\.\.\.)/gm)?.length ?? 0) > maximumDocuments)
    throw yamlInvalid(place(1, 1), `it has more than ${maximumDocuments} documents`);
  if (text.length < maximumTokens) return;
  // Tokens cost a hundred times their bytes once parsed: count them first, one by one.
  let tokens = 0;
  for (const _token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > maximumTokens) throw yamlInvalid(place(1, 1), `it has more than ${maximumTokens} tokens`);
  }
}

/** The error for text that is no valid YAML. */
export function yamlInvalid(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('YAML_INVALID', `${place}: not valid YAML or JSON: ${reason}`, {
    kind: 'usage',
    suggestions: ['Correct the text at this place, or export it again.'],
  });
}

interface ConvertOptions {
  readonly positionOf: (offset: number) => { line: number; column: number };
  readonly place: Place;
  readonly unmask: (masked: string) => string;
}

function convert(document: Document.Parsed, options: ConvertOptions): YamlDocument[] {
  if (document.contents === null) return [];
  const converter = new Converter(options);
  const { node } = converter.convert(document.contents, 0);
  if (node.kind === 'scalar' && node.type === 'null') return [];
  return [{ root: node, duplicates: converter.duplicates }];
}

/** A converted piece with what it counts for when an alias repeats it. */
interface Converted {
  readonly node: YamlNode;
  readonly size: number;
  readonly height: number;
}

/** Converts one document; remembers its anchors. Sizes count what aliases expand to, so every later walk is bounded. */
class Converter {
  readonly duplicates: DuplicateKey[] = [];
  readonly #options: ConvertOptions;
  readonly #anchors = new Map<string, Converted>();
  #rootKey = '';
  #size = 0;

  constructor(options: ConvertOptions) {
    this.#options = options;
  }

  convert(node: unknown, depth: number): Converted {
    if (isAlias(node)) return this.#convertAlias(node, depth);
    const converted = this.#convertPlain(node, depth);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #convertPlain(node: unknown, depth: number): Converted {
    this.#grow(node, { size: 1, height: depth });
    if (isMap(node)) return this.#convertMap(node, depth);
    if (isSeq(node)) return this.#convertList(node, depth);
    return { node: this.#convertScalar(node), size: 1, height: 0 };
  }

  #convertAlias(alias: Alias, depth: number): Converted {
    const anchored = this.#anchors.get(alias.source);
    if (anchored === undefined)
      throw this.#invalid(alias, `the alias *${alias.source} refers to itself or to nothing`);
    this.#grow(alias, { size: anchored.size, height: depth + anchored.height });
    return anchored;
  }

  #convertMap(map: YAMLMap, depth: number): Converted {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlNode[] = [];
    let size = 1;
    let height = 0;
    for (const pair of map.items) {
      const key = this.#keyText(pair.key);
      if (depth === 0) this.#rootKey = key;
      const value = this.convert(pair.value, depth + 1);
      size += value.size;
      height = Math.max(height, value.height + 1);
      if (key === '<<') merged.push(value.node);
      else this.#setEntry(entries, key, { value: value.node, at: pair.key });
    }
    for (const node of merged.flatMap(mergedMaps)) {
      for (const [key, entry] of node.entries) if (!entries.has(key)) entries.set(key, entry);
    }
    return { node: { kind: 'map', entries, line: this.#position(map).line }, size, height };
  }

  #setEntry(entries: Map<string, YamlEntry>, key: string, entry: { value: YamlNode; at: unknown }): void {
    const { line, column } = this.#position(entry.at);
    if (entries.has(key)) this.duplicates.push({ key, rootKey: this.#rootKey, line, column });
    entries.set(key, { value: entry.value, line });
  }

  #convertList(list: YAMLSeq, depth: number): Converted {
    const items = list.items.map((item) => this.convert(item, depth + 1));
    return {
      node: { kind: 'list', items: items.map(({ node }) => node), line: this.#position(list).line },
      size: items.reduce((sum, item) => sum + item.size, 1),
      height: items.reduce((highest, item) => Math.max(highest, item.height + 1), 0),
    };
  }

  #convertScalar(node: unknown): YamlScalar {
    const { line } = this.#position(node);
    if (!isScalar(node) || node.value === null || node.value === undefined)
      return { kind: 'scalar', text: '', type: 'null', line, textLine: line };
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    const text = this.#options.unmask(scalarText(node));
    const type = typeof node.value === 'string' ? 'string' : 'other';
    return { kind: 'scalar', text, type, line, textLine: isBlock ? line + 1 : line };
  }

  #keyText(key: unknown): string {
    if (isScalar(key)) return this.#options.unmask(scalarText(key));
    const anchored = isAlias(key) ? this.#anchors.get(key.source)?.node : undefined;
    return anchored?.kind === 'scalar' ? anchored.text : '?';
  }

  #grow(node: unknown, { size, height }: { size: number; height: number }): void {
    this.#size += size;
    if (this.#size > maximumNodes)
      throw this.#invalid(node, `it expands to more than ${maximumNodes} values`);
    if (height > maximumDepth)
      throw this.#invalid(node, `it is nested more than ${maximumDepth} levels deep`);
  }

  #invalid(node: unknown, reason: string): PaletteEdgeError {
    const { line, column } = this.#position(node);
    return yamlInvalid(this.#options.place(line, column), reason);
  }

  #position(node: unknown): { line: number; column: number } {
    const isNode = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node);
    return this.#options.positionOf((isNode ? node.range?.[0] : undefined) ?? 0);
  }
}

function scalarText(node: Scalar): string {
  if (typeof node.value === 'string') return node.value;
  return node.source ?? String(node.value);
}

function mergedMaps(node: YamlNode): YamlMap[] {
  if (node.kind === 'map') return [node];
  if (node.kind === 'list') return node.items.filter((item) => item.kind === 'map');
  return [];
}
