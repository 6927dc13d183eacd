import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { terminalJson } from '../io/terminal-json.ts';

/** A field of a document. Elements of a list are made when it is their turn: no document is in memory as a whole. */
export type DocumentField =
  | readonly [name: string, value: Json]
  | readonly [name: string, list: { readonly each: Iterable<Json> }];

/** Bytes that are handed out together. */
const pieceSize = 64 * 1024;

/**
 * A JSON document in UTF-8, piece by piece: fields in their order, each element of a list on a line of its own, keys inside of them sorted.
 * Control characters and such as turn the direction of writing are escaped (RFC 8259, section 7): a terminal may show it.
 */
export function* documentPieces(fields: Iterable<DocumentField>): Generator<Buffer, void, undefined> {
  let text = '';
  for (const part of documentText(fields)) {
    text += part;
    if (text.length < pieceSize) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

function* documentText(fields: Iterable<DocumentField>): Generator<string, void, undefined> {
  let before = '{\n';
  for (const [name, value] of fields) {
    yield `${before}${JSON.stringify(name)}:`;
    before = ',\n';
    if (isList(value)) yield* listText(value.each);
    else yield lineOf(value);
  }
  yield '\n}\n';
}

function isList(value: DocumentField[1]): value is { readonly each: Iterable<Json> } {
  return typeof value === 'object' && value !== null && 'each' in value && typeof value.each === 'object';
}

function* listText(elements: Iterable<Json>): Generator<string, void, undefined> {
  let before = '[\n';
  for (const element of elements) {
    yield before + lineOf(element);
    before = ',\n';
  }
  yield before === '[\n' ? '[]' : '\n]';
}

function lineOf(value: Json): string {
  return terminalJson(canonicalJson(value));
}
