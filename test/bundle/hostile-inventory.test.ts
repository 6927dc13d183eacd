import { describe, expect, test } from 'vitest';

import { readHeldImage } from '../../src/bundle/image-content.ts';
import { jsonExcess } from '../../src/bundle/json-excess.ts';
import { canonicalJson } from '../../src/io/canonical-json.ts';
import type { Json } from '../../src/io/canonical-json.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { craftBundle, craftHead, tarOf } from '../fuzz/crafted-bundle.ts';
import type { MutableInventory } from '../fuzz/crafted-bundle.ts';
import { readHostile, refusalOf } from '../fuzz/read-hostile.ts';
import { replaceBlob } from '../fuzz/replace-blob.ts';
import { rejection } from '../support/rejection.ts';
import { openSample, sampleBundle } from '../support/sample-bundle.ts';

const sample = await sampleBundle();
const { tail } = await tarOf(sample);

/** The sample with another inventory. */
function withInventory(change: (document: MutableInventory) => object | Uint8Array | void): Buffer {
  return craftBundle({ head: craftHead(sample, { inventory: change }), tail });
}

describe('JSON that would take memory, stack or time is refused before it is parsed', () => {
  const many = 2 ** 20 + 1;
  test.each([
    ['a million lists', `[${'[],'.repeat(many)}[]]`, 'values'],
    ['a million numbers', `[${'0,'.repeat(many)}0]`, 'values'],
    ['a million objects', `[${'{},'.repeat(many)}{}]`, 'values'],
    ['a thousand fields', `{${Array.from({ length: 1001 }, (_, index) => `"${index}":0`).join()}}`, 'fields'],
    ['nested lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'nested'],
    ['nested objects', `${'{"a":'.repeat(100_000)}0${'}'.repeat(100_000)}`, 'nested'],
    ['lists that do not end', '['.repeat(100_000), 'nested'],
  ])('%s', async (_, text, words) => {
    const refusal = await refusalOf(withInventory(() => Buffer.from(text)));
    expect(refusal).toMatch(/^INVENTORY_INVALID:/);
    expect(refusal).toContain(words);
  });

  test('what is in texts does not count', () => {
    const limits = { depth: 2, values: 3, fields: 1 };
    expect(jsonExcess(Buffer.from('{"[[[,,,\\"]]]":["{{{,,,\\\\",1]}'), limits)).toBeUndefined();
    expect(jsonExcess(Buffer.from('{"a":[1,2,3]}'), limits)).toBe('it has over 3 values');
    expect(jsonExcess(Buffer.from('{"a":1,"b":2}'), limits)).toBe('an object in it has over 1 fields');
    expect(jsonExcess(Buffer.from('[[[1'), limits)).toBe('it is nested over 2 deep');
    expect(jsonExcess(Buffer.from('"no end, \\'), limits)).toBeUndefined();
  });
});

describe('lists that are too long are refused', () => {
  test.each([
    ['images', 50_001],
    ['charts', 50_001],
    ['profiles', 10_001],
    ['files', 10_001],
    ['blobs', 200_001],
  ])('%s', async (list, length) => {
    const bytes = withInventory((document) => void (document[list] = Array.from({ length }, () => ({}))));
    expect(await refusalOf(bytes)).toContain(
      `INVENTORY_INVALID: the bundle's inventory is not valid: ${list} has over`,
    );
  });
});

describe('digests that are no sha256 digests are refused', () => {
  const hex = 'a'.repeat(64);
  test.each([
    `sha512:${'a'.repeat(128)}`,
    `sha1:${'a'.repeat(40)}`,
    `md5:${'a'.repeat(32)}`,
    `SHA256:${hex}`,
    `sha256:${hex.toUpperCase()}`,
    `sha256:${hex}0`,
    `sha256:${hex.slice(1)}`,
    `sha256:../../../../../../../../../../../../../../../../../../../../etc/passwd`,
    `sha256:${hex}\n`,
    ` sha256:${hex}`,
    `sha256:${hex.slice(2)}\u001B[`,
    '',
  ])('%j', async (digest) => {
    for (const list of ['blobs', 'files', 'images'] as const) {
      const bytes = withInventory((document) => void Object.assign(document[list].at(0)!, { digest }));
      expect(await refusalOf(bytes)).toMatch(/^INVENTORY_INVALID: .*is no sha256 digest/);
    }
  });
});

describe('text that steers a terminal is refused, and not shown', () => {
  test.each([
    '\u001B[2J',
    '\u001B]0;title\u0007',
    '\u009B31m',
    '\r',
    '\n',
    '\t',
    '\u0000',
    '\u202E',
    '\u2028',
    '\u007F',
  ])('%j', async (text) => {
    const fields: readonly ((document: MutableInventory) => void)[] = [
      (document) => void (document['name'] = `a${text}`),
      (document) => void (document['tool'] = { name: 'x', version: text }),
      (document) => void Object.assign(document.images.at(0)!, { reference: `quay.io/a/b${text}:1` }),
      (document) => void Object.assign(document.images.at(0)!, { platforms: [`linux/${text}`] }),
      (document) => void Object.assign(document.images.at(0)!, { mediaType: text }),
      (document) => void Object.assign(document.images.at(0)!, { origins: [{ kind: text }] }),
      (document) => void Object.assign(document.blobs.at(0)!, { mediaType: text }),
      (document) => void Object.assign(document.blobs.at(0)!, { role: text }),
      (document) => void Object.assign(document.files.at(-1)!, { path: `palette-edge/${text}` }),
      (document) => void (document['profiles'] = [{ name: text, version: '1', type: 'x' }]),
      (document) => void (document['charts'] = [{ name: text }]),
    ];
    for (const change of fields)
      expect(await refusalOf(withInventory(change))).toMatch(/^INVENTORY_INVALID:/);
  });

  test('in the version and mode of a format that is not known', async () => {
    const bytes = withInventory(
      (document) => void Object.assign(document, { formatVersion: '\u009B31m\u202E', mode: '\u001B[2J' }),
    );
    expect(await refusalOf(bytes)).toMatch(/^BUNDLE_VERSION_UNSUPPORTED:/);
  });
});

test('keys that are there twice, or stand for prototypes, get nowhere', async () => {
  const text = canonicalJson(sample.plan.inventory);
  for (const hostile of [
    text.replace('{', '{"blobs":[],'),
    text.replace('"mode":"plain"', '"__proto__":{"mode":"plain"}'),
    text.replace('"mode":"plain"', '"mode":"plain","mode":"plain"'),
  ])
    expect((await readHostile(withInventory(() => Buffer.from(hostile)))).file.code).toMatch(
      /^(INVENTORY_INVALID|BUNDLE_VERSION_UNSUPPORTED)$/,
    );
  // A field that is not known is passed over, whatever it is called.
  const polluting = text.replace('{', '{"__proto__":{"mode":"delta","x":1},');
  const { inventory } = await openSample(withInventory(() => Buffer.from(polluting)));
  expect(inventory).toEqual(sample.plan.inventory);
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
});

/** The sample with the manifest of its second image replaced by a document of any kind, all digests and sizes right. */
function withManifest(document: Json | Uint8Array): Buffer {
  const target = sample.plan.inventory.images.find(({ reference }) => reference.includes('nginx'));
  if (target === undefined) throw new Error('no image');
  const bytes = document instanceof Uint8Array ? document : Buffer.from(JSON.stringify(document));
  return replaceBlob(sample, target.digest, { bytes });
}

describe('a manifest that lies is found by verify, and its image is not read', () => {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf('x'), size: 1 };
  const manifest = { schemaVersion: 2, mediaType: 'application/vnd.docker.distribution.manifest.v2+json' };
  const layer = { mediaType: 'x', digest: digestOf('y'), size: 2 };
  test.each<[string, Json | Uint8Array, string]>([
    ['no JSON', Buffer.from('{'), 'not valid JSON'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not valid JSON'],
    ['nested lists', Buffer.from(`${'['.repeat(500_000)}${']'.repeat(500_000)}`), 'no JSON object'],
    ['blobs that are not there', { ...manifest, config, layers: [layer] }, 'the bundle does not hold it'],
    [
      'a digest of sha512',
      { ...manifest, config: { ...config, digest: `sha512:${'a'.repeat(128)}` }, layers: [] },
      'sha512',
    ],
    [
      'an escape as its digest',
      { ...manifest, config: { ...config, digest: '\u009B2J\u001B' }, layers: [] },
      'not a sha256 digest',
    ],
    [
      'an escape as its type',
      { ...manifest, mediaType: '\u009B2J\u202E', config, layers: [] },
      'its media type is',
    ],
    ['a negative size', { ...manifest, config: { ...config, size: -1 }, layers: [] }, 'no number of bytes'],
    ['a layer with two sizes', { ...manifest, config, layers: [layer, { ...layer, size: 3 }] }, 'two sizes'],
    [
      'too many layers',
      { ...manifest, config, layers: Array.from({ length: 10_001 }, () => layer) },
      'over 10000',
    ],
    ['both at once', { ...manifest, config, layers: [], manifests: [] }, 'both manifests and layers'],
    ['schema 1', { schemaVersion: 1, name: 'x', fsLayers: [] }, 'schema 1'],
  ])('%s', async (_, document, words) => {
    const bytes = withManifest(document);
    const { file, images } = await readHostile(bytes);
    expect(file.code).toBe('damaged');
    expect(file.message).toContain(words);
    expect(['MANIFEST_INVALID', 'IMAGE_DAMAGED', 'DIGEST_UNSUPPORTED', 'SCHEMA1_MANIFEST']).toContain(
      images.code,
    );
    const reader = await openSample(bytes);
    const image = reader.inventory.images.find(({ reference }) => reference.includes('nginx'));
    if (image === undefined) throw new Error('no image');
    expect(await rejection(readHeldImage(reader, image, undefined))).toMatchObject({ kind: 'content' });
  });
});
