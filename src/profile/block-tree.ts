import type { TreeLimits } from './json-tree.ts';
import { flowNode, plainNode, quotedNode, withoutEnd } from './line-scalar.ts';
import type { YamlEntry, YamlNode, YamlScalar } from './yaml-tree.ts';

/** A text that is part of a larger one, or was masked. */
export interface BlockOptions {
  /** Applied to every key and value. */
  readonly unmask: (masked: string) => string;
  /** Line that the text begins on. */
  readonly firstLine: number;
  readonly limits: TreeLimits;
}

/**
 * Reads the YAML that people write most: maps and lists by indentation, values on one line, texts behind `|`. The tree is
 * the one that the parser of all of YAML gives, in a tenth of its time.
 *
 * @returns undefined for anything else: anchors, tags, texts over several lines, documents, a key twice, or a mistake
 */
export function blockTree(text: string, options: BlockOptions): YamlNode | undefined {
  // At the very end the library takes a space for a part of the value.
  if (/[\t\r\uFEFF]|^(?:---|\.\.\.|%)/m.test(text) || text.endsWith(' ')) return undefined;
  try {
    return new BlockReader(text, options).document();
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

interface ValueIndent {
  /** Of the key or dash. */
  readonly indent: number;
  readonly depth: number;
  /** Indentation that a list below it may have as well. */
  readonly listIndent: number;
}

/** YAML that is not for this parser. */
class NotSimple extends Error {}

const keyPattern = /^(?:([\w/][\w./-]{0,200})|"([^"\\\n]{1,200})"|'([^'\n]{1,200})') ?:(?: +|$)/;

class BlockReader {
  readonly #lines: string[];
  readonly #options: BlockOptions;
  /** Index of the line to read next. */
  #at = 0;
  /** Its indentation; a list's item is read as if its dash was a space. */
  #indent = 0;
  #nodes = 0;

  constructor(text: string, options: BlockOptions) {
    this.#lines = text.split('\n');
    this.#options = options;
  }

  document(): YamlNode {
    if (!this.#findLine() || this.#indent !== 0) throw new NotSimple();
    const node = this.#block(0, 0);
    if (this.#at < this.#lines.length) throw new NotSimple();
    return node;
  }

  /** Passes over blank lines and comments. @returns whether there is a line */
  #findLine(): boolean {
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at] ?? '';
      this.#indent = line.search(/[^ ]/);
      if (this.#indent !== -1 && line[this.#indent] !== '#') return true;
    }
    this.#indent = -1;
    return false;
  }

  #block(indent: number, depth: number): YamlNode {
    this.#count(depth);
    return this.#isItem() ? this.#list(indent, depth) : this.#map(indent, depth);
  }

  #isItem(): boolean {
    const line = this.#lines[this.#at] ?? '';
    return line[this.#indent] === '-' && (line[this.#indent + 1] ?? ' ') === ' ';
  }

  #map(indent: number, depth: number): YamlNode {
    const entries = new Map<string, YamlEntry>();
    const line = this.#lineNumber();
    while (this.#indent === indent && !this.#isItem()) this.#takeEntry(entries, { indent, depth });
    // Deeper than anything above: a mistake, or a text that goes on.
    if (this.#indent > indent || entries.size === 0) throw new NotSimple();
    return { kind: 'map', entries, line };
  }

  #takeEntry(
    entries: Map<string, YamlEntry>,
    { indent, depth }: { readonly indent: number; readonly depth: number },
  ): void {
    const rest = (this.#lines[this.#at] ?? '').slice(indent);
    const match = keyPattern.exec(rest);
    if (match === null) throw new NotSimple();
    const key = this.#options.unmask(match[1] ?? match[2] ?? match[3] ?? '');
    if (entries.has(key)) throw new NotSimple();
    const line = this.#lineNumber();
    const value = this.#value(rest.slice(match[0].length), { indent, depth, listIndent: indent });
    entries.set(key, { value, line });
  }

  #list(indent: number, depth: number): YamlNode {
    const items: YamlNode[] = [];
    const line = this.#lineNumber();
    while (this.#indent === indent && this.#isItem()) items.push(this.#item(indent, depth));
    if (this.#indent > indent) throw new NotSimple();
    return { kind: 'list', items, line };
  }

  #item(indent: number, depth: number): YamlNode {
    const line = this.#lines[this.#at] ?? '';
    const rest = line.slice(indent + 1).replace(/^ +/, '');
    if (rest.startsWith('- ')) throw new NotSimple();
    if (!keyPattern.test(rest)) return this.#value(rest, { indent, depth, listIndent: indent + 1 });
    // A map that begins behind the dash.
    this.#indent = line.length - rest.length;
    this.#count(depth + 1);
    return this.#map(this.#indent, depth + 1);
  }

  /** What stands behind a key or dash; the line is taken. */
  #value(text: string, place: ValueIndent): YamlNode {
    const { indent, depth } = place;
    const line = this.#lineNumber();
    this.#at += 1;
    if (/^\|-? *$/.test(text)) return this.#literal(text.trim(), indent, line);
    this.#findLine();
    const isEmpty = text === '' || text.startsWith('#');
    if (isEmpty && this.#isBelow(place)) return this.#block(this.#indent, depth + 1);
    if (this.#indent > indent) throw new NotSimple();
    this.#count(depth + 1);
    return isEmpty
      ? { kind: 'scalar', text: '', type: 'null', line, textLine: line }
      : this.#onOneLine(text, line);
  }

  /** Whether the next line begins a block that belongs to the key or dash above. */
  #isBelow({ indent, listIndent }: ValueIndent): boolean {
    return this.#indent > indent || (this.#indent === listIndent && this.#isItem());
  }

  #onOneLine(text: string, line: number): YamlNode {
    const { unmask } = this.#options;
    const first = text[0] ?? '';
    const node =
      first === '"' || first === "'"
        ? quotedNode(text, { line, unmask })
        : first === '{' || first === '['
          ? flowNode(text, { line, unmask })
          : plainNode(text, { line, unmask });
    if (node === undefined) throw new NotSimple();
    if (node.kind !== 'scalar') this.#nodes += node.kind === 'list' ? node.items.length : node.entries.size;
    return node;
  }

  /** A text behind `|`: every deeper line, without the indentation of the first. */
  #literal(header: string, indent: number, line: number): YamlScalar {
    const start = this.#at;
    const inner = (this.#lines[start] ?? '').search(/[^ ]/);
    if (inner <= indent) throw new NotSimple();
    const lines: string[] = [];
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const content = this.#lines[this.#at] ?? '';
      const own = content.search(/[^ ]/);
      if (own !== -1 && own <= indent) break;
      // Less than the first line, or spaces only that count: seldom, and easily mistaken.
      if (own === -1 ? content.length > inner : own < inner) throw new NotSimple();
      lines.push(content.slice(inner));
    }
    const ending = header === '|' ? '\n' : '';
    const text = this.#options.unmask(`${withoutEnd(lines.join('\n'), '\n')}${ending}`);
    this.#findLine();
    return { kind: 'scalar', text, type: 'string', line, textLine: line + 1 };
  }

  #lineNumber(): number {
    return this.#at + this.#options.firstLine;
  }

  #count(depth: number): void {
    this.#nodes += 1;
    const { nodes, depth: maximumDepth } = this.#options.limits;
    if (this.#nodes > nodes || depth > maximumDepth) throw new NotSimple();
  }
}
