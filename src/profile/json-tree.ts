import type { YamlEntry, YamlNode } from './yaml-tree.ts';

/** What a tree may have at most. */
export interface TreeLimits {
  readonly nodes: number;
  readonly depth: number;
}

/**
 * Reads JSON (RFC 8259) into the same tree as the parser of YAML does, many times faster: exports of profiles are JSON.
 *
 * @returns undefined for what is no JSON, has a key twice or the key `<<`, or is too large: the other parser tells why
 */
export function jsonTree(text: string, limits: TreeLimits): YamlNode | undefined {
  const reader = new JsonReader(text, limits);
  try {
    return reader.document();
  } catch (error) {
    if (error instanceof NoJson) return undefined;
    throw error;
  }
}

/** Not JSON, or not for this parser. */
class NoJson extends Error {}

const space = /[ \t\r\n]*/y;
const plain = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=[\s,\]}]|$)/y;

class JsonReader {
  readonly #text: string;
  readonly #limits: TreeLimits;
  #at = 0;
  #line = 1;
  #nodes = 0;

  constructor(text: string, limits: TreeLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  document(): YamlNode {
    const node = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new NoJson();
    return node;
  }

  #value(depth: number): YamlNode {
    this.#skipSpace();
    this.#nodes += 1;
    if (this.#nodes > this.#limits.nodes || depth > this.#limits.depth) throw new NoJson();
    const character = this.#text[this.#at];
    if (character === '{') return this.#map(depth);
    if (character === '[') return this.#list(depth);
    const line = this.#line;
    if (character === '"')
      return { kind: 'scalar', text: this.#string(), type: 'string', line, textLine: line };
    plain.lastIndex = this.#at;
    const word = plain.exec(this.#text)?.[0];
    if (word === undefined) throw new NoJson();
    this.#at += word.length;
    const isNull = word === 'null';
    return {
      kind: 'scalar',
      text: isNull ? '' : word,
      type: isNull ? 'null' : 'other',
      line,
      textLine: line,
    };
  }

  #map(depth: number): YamlNode {
    const line = this.#line;
    const entries = new Map<string, YamlEntry>();
    for (let more = this.#open('}'); more; more = this.#hasMore('}')) {
      this.#skipSpace();
      const keyLine = this.#line;
      const key = this.#string();
      if (entries.has(key) || key === '<<') throw new NoJson();
      this.#skipSpace();
      this.#take(':');
      entries.set(key, { value: this.#value(depth + 1), line: keyLine });
    }
    return { kind: 'map', entries, line };
  }

  #list(depth: number): YamlNode {
    const line = this.#line;
    const items: YamlNode[] = [];
    for (let more = this.#open(']'); more; more = this.#hasMore(']')) items.push(this.#value(depth + 1));
    return { kind: 'list', items, line };
  }

  /** Takes the bracket. @returns whether something is inside */
  #open(end: string): boolean {
    this.#at += 1;
    this.#skipSpace();
    if (this.#text[this.#at] !== end) return true;
    this.#at += 1;
    return false;
  }

  /** Takes a comma or the end. @returns whether it was a comma */
  #hasMore(end: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] === ',') {
      this.#at += 1;
      return true;
    }
    this.#take(end);
    return false;
  }

  #take(character: string): void {
    if (this.#text[this.#at] !== character) throw new NoJson();
    this.#at += 1;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') throw new NoJson();
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end !== -1 && isEscaped(this.#text, end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) throw new NoJson();
    this.#at = end + 1;
    try {
      const text: unknown = JSON.parse(this.#text.slice(start, end + 1));
      if (typeof text === 'string') return text;
    } catch {
      // A line break or a wrong escape: the other parser says where.
    }
    throw new NoJson();
  }

  #skipSpace(): void {
    space.lastIndex = this.#at;
    const skipped = space.exec(this.#text)?.[0] ?? '';
    this.#at += skipped.length;
    for (let at = skipped.indexOf('\n'); at !== -1; at = skipped.indexOf('\n', at + 1)) this.#line += 1;
  }
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
}
