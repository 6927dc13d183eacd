import { createHash } from 'node:crypto';

import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';

/**
 * What an element of a document is called in it: letters, digits, dots and hyphens (SPDX 2.3, "7.2 Package SPDX identifier field"), with a hint
 * for people. The same key gives the same on every machine.
 *
 * @param hint what it is, in a word or two
 * @param key what no other element of the document has
 */
export function elementId(hint: string, key: Json): string {
  const readable = hint
    .replaceAll(/[^A-Za-z0-9.]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  return `${readable}-${hexOf(key).slice(0, 16)}`;
}

/** A UUID that is made of content (RFC 9562, "UUID Version 8"): the same content gives the same one. */
export function contentUuid(content: Json): string {
  const hex = hexOf(content);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

function hexOf(content: Json): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}
