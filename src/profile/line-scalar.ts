import type { YamlEntry, YamlNode, YamlScalar } from './yaml-tree.ts';

/** Where a value stands. */
export interface ValuePlace {
  readonly line: number;
  /** Applied to every key and value. */
  readonly unmask: (masked: string) => string;
}

/** Words and numbers of the core schema (yaml.org/spec/1.2.2, 10.3.2). */
const nothing = /^(?:null|Null|NULL|~)$/;
const noText =
  /^(?:true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const plain = /^(?:[\w./+~$\uE000]|-(?=[^\s-]))[^\p{Cc}\p{Cs}]*$/u;

/** A value without quotes, up to a comment. @returns undefined for anything that may be more */
export function plainNode(text: string, place: ValuePlace): YamlScalar | undefined {
  const comment = text.indexOf(' #');
  const bare = withoutEnd(comment === -1 ? text : text.slice(0, comment), ' ');
  if (!plain.test(bare) || bare.includes(': ') || bare.endsWith(':')) return undefined;
  return scalarOf(bare, place);
}

/** The text without that character at its end, however often it is there; an expression would take the square of its length. */
export function withoutEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}

function scalarOf(bare: string, { line, unmask }: ValuePlace): YamlScalar {
  if (nothing.test(bare)) return { kind: 'scalar', text: '', type: 'null', line, textLine: line };
  const type = noText.test(bare) ? 'other' : 'string';
  return { kind: 'scalar', text: unmask(bare), type, line, textLine: line };
}

const singleQuoted = /^'((?:[^'\p{Cc}]|'')*)' *(?: #.*)?$/u;
const doubleQuoted = /^"((?:[^"\\\p{Cc}]|\\[\\"nt/])*)" *(?: #.*)?$/u;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t' };

/** A value in quotes on one line. @returns undefined for rare escapes, and for what is not closed */
export function quotedNode(text: string, { line, unmask }: ValuePlace): YamlScalar | undefined {
  const single = singleQuoted.exec(text)?.[1];
  const double = single === undefined ? doubleQuoted.exec(text)?.[1] : undefined;
  if (single === undefined && double === undefined) return undefined;
  const bare =
    single?.replaceAll("''", "'") ??
    double?.replaceAll(/\\(.)/g, (_, character: string) => escapes[character] ?? character) ??
    '';
  return { kind: 'scalar', text: unmask(bare), type: 'string', line, textLine: line };
}

const flow = /^(?:\{([\w./ :,-]*)\}|\[([\w./ :,-]*)\]) *(?: #.*)?$/;
const flowKey = /^([\w/][\w./-]{0,200}): +(\S.*)$/;
const flowPlain = /^(?:[\w./]|-(?=[\w./]))[\w./-]*(?::[\w./-]+)*$/;

/** `{a: 1, b: two}` or `[1, two]` of plain values on one line. @returns undefined for anything more */
export function flowNode(text: string, place: ValuePlace): YamlNode | undefined {
  const match = flow.exec(text);
  if (match === null) return undefined;
  const inner = (match[1] ?? match[2] ?? '').trim();
  const parts = inner === '' ? [] : inner.split(',').map((part) => part.trim());
  return match[1] === undefined ? flowList(parts, place) : flowMap(parts, place);
}

function flowList(parts: readonly string[], place: ValuePlace): YamlNode | undefined {
  if (!parts.every((part) => flowPlain.test(part))) return undefined;
  return { kind: 'list', items: parts.map((part) => scalarOf(part, place)), line: place.line };
}

function flowMap(parts: readonly string[], place: ValuePlace): YamlNode | undefined {
  const entries = new Map<string, YamlEntry>();
  for (const part of parts) {
    const [, key = '', value = ''] = flowKey.exec(part) ?? [];
    if (key === '' || !flowPlain.test(value) || entries.has(key)) return undefined;
    entries.set(key, { value: scalarOf(value, place), line: place.line });
  }
  return { kind: 'map', entries, line: place.line };
}
