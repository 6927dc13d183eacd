import { isMap, isScalar, isSeq } from 'yaml';

import { PaletteEdgeError } from '../errors.ts';

/** Says which line of the file an offset is on, from 1. */
export type LineOf = (offset: number) => number;

/** A piece of a YAML document that was parsed and not looked into yet; knows where it is, for messages. */
export class DocumentNode {
  /** From 1. */
  readonly line: number;
  readonly #node: unknown;
  readonly #place: DocumentPlace;

  constructor(node: unknown, place: DocumentPlace) {
    this.#node = node;
    this.#place = place;
    const range = isMap(node) || isSeq(node) || isScalar(node) ? node.range : undefined;
    this.line = range === undefined || range === null ? place.line : place.lineOf(range[0]);
  }

  /** Whether nothing is written there. */
  get isEmpty(): boolean {
    return (
      this.#node === undefined || this.#node === null || (isScalar(this.#node) && this.#node.value === null)
    );
  }

  /** Whether a single value is written there, and no list or mapping. */
  get isScalar(): boolean {
    return isScalar(this.#node);
  }

  /**
   * The fields of a mapping by name; what is not there is empty.
   *
   * @throws PaletteEdgeError of the place when it is none, or has others; so do all methods
   */
  fields<Name extends string>(names: readonly Name[]): Readonly<Record<Name, DocumentNode>> {
    if (!isMap(this.#node)) throw this.invalid(`expected ${names.join(', ')}`);
    const found = new Map<string, DocumentNode>();
    for (const { key, value } of this.#node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const field = new DocumentNode(value, this.#below(name, key));
      if (!names.some((known) => known === name)) {
        throw field.invalid(`it is not known there; expected ${names.join(', ')}`);
      }
      if (found.has(name)) throw field.invalid('it is there twice');
      found.set(name, field);
    }
    const entries = names.map((name) => [
      name,
      found.get(name) ?? new DocumentNode(undefined, this.#below(name)),
    ]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries does not keep the names
    return Object.fromEntries(entries) as Record<Name, DocumentNode>;
  }

  /** The items of a list; none when nothing is written there. */
  items(): DocumentNode[] {
    if (this.isEmpty) return [];
    if (!isSeq(this.#node)) throw this.invalid('expected a list');
    return this.#node.items.map((item, index) => new DocumentNode(item, this.#below(`[${index}]`)));
  }

  /** A text; a number is taken as it is written. */
  text(): string {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && isScalar(this.#node)) return this.#node.source ?? String(value);
    throw this.invalid('expected a text');
  }

  /** A whole number from one to another. */
  wholeNumber(minimum: number, maximum: number): number {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
      return value;
    throw this.invalid(`expected a whole number from ${minimum} to ${maximum}`);
  }

  truth(): boolean {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'boolean') return value;
    throw this.invalid('expected true or false');
  }

  /** Reads it, unless nothing is written there. */
  optional<T>(read: (node: DocumentNode) => T): T | undefined {
    return this.isEmpty ? undefined : read(this);
  }

  /** Has a parser of ours read the text; what it says is told with the place. */
  parsed<T>(parse: (text: string) => T): T {
    const text = this.text();
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof PaletteEdgeError) throw this.invalid(error.message, error.suggestions);
      throw error;
    }
  }

  invalid(reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
    const { file, path, invalid } = this.#place;
    const what = path === '' ? '' : `${path}: `;
    return invalid(`${file}:${this.line}`, `${what}${reason}`, suggestions);
  }

  #below(name: string, key?: unknown): DocumentPlace {
    const { path } = this.#place;
    const separator = path === '' || name.startsWith('[') ? '' : '.';
    const range = isScalar(key) ? key.range : undefined;
    const line = range === undefined || range === null ? this.line : this.#place.lineOf(range[0]);
    return { ...this.#place, line, path: `${path}${separator}${name.slice(0, 60)}` };
  }
}

/** Where in a document something is. */
export interface DocumentPlace {
  /** Base name of the file. */
  readonly file: string;
  /** From 1; of a piece that is not there, that of what it would be in. */
  readonly line: number;
  /** `images[2].digest` */
  readonly path: string;
  readonly lineOf: LineOf;
  /** Makes the error for what is not as it should be there. */
  readonly invalid: (place: string, reason: string, suggestions: readonly string[]) => PaletteEdgeError;
}
