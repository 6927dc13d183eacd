import { readFileSync } from 'node:fs';

import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';

import { encodePartsList, parsePartsList } from '../../src/bundle/parts-list.ts';
import type { PartsList } from '../../src/bundle/parts-list.ts';
import { PaletteEdgeError } from '../../src/errors.ts';

const schema: object = JSON.parse(
  readFileSync(new URL('../../docs/schemas/palette-edge-parts.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv({ allErrors: true }).compile(schema);

const list: PartsList = {
  tool: { name: 'palette-edge', version: '0.1.0' },
  bundle: { name: 'edge.tar.zst', size: 30, sha256: 'ab'.repeat(32), id: '1a2b3c4d' },
  parts: [
    { name: 'edge.tar.zst.part00', size: 20, sha256: 'cd'.repeat(32) },
    { name: 'edge.tar.zst.part01', size: 10, sha256: 'ef'.repeat(32) },
  ],
};

/** What is put in place of parts of the list; undefined removes a field. */
interface Changes {
  readonly document?: object;
  readonly bundle?: object;
  /** Of the second part. */
  readonly part?: object;
}

function changed({ document, bundle, part }: Changes): string {
  const whole: { readonly bundle: object; readonly parts: readonly object[] } = JSON.parse(
    encodePartsList(list),
  );
  const [first, second] = whole.parts;
  const parts = [first, { ...second, ...part }];
  return JSON.stringify({ ...whole, bundle: { ...whole.bundle, ...bundle }, parts, ...document });
}

function parse(text: string | Uint8Array): PartsList {
  return parsePartsList(Buffer.from(text), 'edge.parts.json');
}

/** What parsing fails with. */
function failureOf(text: string | Uint8Array): PaletteEdgeError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof PaletteEdgeError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

test('a list is read as it was written, and the schema takes it', () => {
  const text = encodePartsList(list);
  expect(parse(text)).toEqual(list);
  expect([validate(JSON.parse(text)), validate.errors]).toEqual([true, null]);
  expect(text).toMatch(/^\{\n {2}"formatVersion": 1,\n/);
});

test('fields that are not known are passed over', () => {
  const text = changed({ document: { comment: 'x' }, part: { md5: 'y' }, bundle: { note: 'z' } });
  expect(parse(text)).toEqual(list);
  expect(validate(JSON.parse(text))).toBe(true);
});

describe('a list is refused', () => {
  test.each<[string, Changes, string]>([
    ['without tool', { document: { tool: undefined } }, 'tool: expected name and version'],
    ['without bundle', { document: { bundle: undefined } }, 'bundle.name: expected'],
    ['without parts', { document: { parts: undefined } }, 'parts: expected a list'],
    ['with no part', { document: { parts: [] } }, 'parts: expected a list of 1 to 10000 parts'],
    ['with a part that is null', { document: { parts: [null] } }, 'parts[0].name: expected'],
    ['with a path', { part: { name: 'a/b' } }, 'parts[1].name: expected the plain name'],
    ['with a path of Windows', { part: { name: 'a\\b' } }, 'parts[1].name'],
    ['with a folder above', { part: { name: '..' } }, 'parts[1].name'],
    ['with an empty name', { part: { name: '' } }, 'parts[1].name'],
    ['with a long name', { part: { name: 'a'.repeat(256) } }, 'parts[1].name'],
    ['with a line in a name', { part: { name: 'a\nb' } }, 'parts[1].name'],
    ['with a NUL in a name', { part: { name: 'a\0b' } }, 'parts[1].name'],
    ['with half a byte', { part: { size: 1.5 } }, 'parts[1].size: expected'],
    ['with an empty part', { part: { size: 0 } }, 'parts[1].size'],
    ['with a negative size', { part: { size: -1 } }, 'parts[1].size'],
    ['with a size nobody can count', { part: { size: 2 ** 60 } }, 'parts[1].size'],
    ['with a size as text', { part: { size: '20' } }, 'parts[1].size'],
    ['with a short sha256', { part: { sha256: 'ab' } }, 'parts[1].sha256: expected'],
    ['with a capital sha256', { part: { sha256: 'AB'.repeat(32) } }, 'parts[1].sha256'],
    ['with another id', { bundle: { id: '1a2b' } }, 'bundle.id: expected 8 small hex digits'],
  ])('%s, by the schema too', (_, change, reason) => {
    const text = changed(change);
    const error = failureOf(text);
    expect(error).toMatchObject({ code: 'PARTS_LIST_INVALID', kind: 'content' });
    expect(error.message).toContain(`the parts list edge.parts.json is not valid: ${reason}`);
    expect(validate(JSON.parse(text))).toBe(false);
  });

  test.each<[string, string | Uint8Array, string]>([
    ['that is empty', '', 'it is not JSON'],
    ['that is cut', encodePartsList(list).slice(0, 100), 'it is not JSON'],
    ['that is no object', '[1]', 'it is no JSON object'],
    ['that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it is not JSON'],
    ['that is huge', Buffer.alloc(8 * 1024 * 1024 + 1, ' '), 'it is larger than 8388608 bytes'],
    ['that has one name twice', changed({ part: { name: 'edge.tar.zst.part00' } }), 'a name is there twice'],
    ['whose part is the bundle itself', changed({ part: { name: 'edge.tar.zst' } }), 'a name is there twice'],
    [
      'whose sizes do not add up',
      changed({ bundle: { size: 31 } }),
      'its parts have 30 bytes in all; expected 31, as the bundle has',
    ],
    [
      'with more parts than anybody could count',
      changed({ document: { parts: Array.from({ length: 10_001 }, () => list.parts[0]) } }),
      'parts: expected a list of 1 to 10000 parts',
    ],
  ])('%s', (_, text, reason) => {
    const error = failureOf(text);
    expect(error).toMatchObject({ code: 'PARTS_LIST_INVALID', kind: 'content' });
    expect(error.message).toBe(`the parts list edge.parts.json is not valid: ${reason}`);
  });

  test.each([2, '1', null, [1]])('of format version %j, naming the tool that reads it', (formatVersion) => {
    const error = failureOf(changed({ document: { formatVersion } }));
    expect(error).toMatchObject({ code: 'BUNDLE_VERSION_UNSUPPORTED', kind: 'content' });
    expect(error.message).toContain(`has format version ${JSON.stringify(formatVersion)}; this`);
    expect(error.suggestions).toEqual(['Use palette-edge 0.1.0 or newer, which wrote it.']);
  });
});
