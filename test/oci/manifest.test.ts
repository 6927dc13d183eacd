import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { manifestMediaType, parseManifest, platformOfConfig } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { outcomeOf } from '../support/sample-profiles.ts';

const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('config'), size: 6 };
const layer = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('layer'), size: 5 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
const entry = { mediaType: mediaTypes.ociManifest, digest: digestOf('m'), size: 1 };
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entry] };

function bytesOf(document: unknown): Buffer {
  return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
}

function parse(document: unknown, declared?: string): ReturnType<typeof parseManifest> {
  return parseManifest(bytesOf(document), declared, 'the manifest');
}

describe('what kind it is', () => {
  test.each([
    ['OCI image', image, undefined, 'image', mediaTypes.ociManifest],
    ['OCI index', index, undefined, 'index', mediaTypes.ociIndex],
    [
      'Docker image',
      { ...image, mediaType: mediaTypes.dockerManifest },
      undefined,
      'image',
      mediaTypes.dockerManifest,
    ],
    [
      'Docker list',
      { ...index, mediaType: mediaTypes.dockerIndex },
      undefined,
      'index',
      mediaTypes.dockerIndex,
    ],
    ['its own field wins', index, mediaTypes.dockerManifest, 'index', mediaTypes.ociIndex],
    ['declared', { ...index, mediaType: undefined }, mediaTypes.dockerIndex, 'index', mediaTypes.dockerIndex],
    [
      'declared with parameters, in capitals',
      { ...image, mediaType: undefined },
      `${mediaTypes.ociManifest.toUpperCase()}; charset=utf-8`,
      'image',
      mediaTypes.ociManifest,
    ],
    [
      'by its fields: index',
      { ...index, mediaType: undefined },
      'application/json',
      'index',
      mediaTypes.ociIndex,
    ],
    ['by its fields: image', { ...image, mediaType: undefined }, undefined, 'image', mediaTypes.ociManifest],
    [
      'an empty field counts as none',
      { ...image, mediaType: '' },
      undefined,
      'image',
      mediaTypes.ociManifest,
    ],
  ])('%s', (...row) => {
    const [, document, declared, kind, mediaType] = row;
    expect(parse(document, declared)).toMatchObject({ kind, mediaType });
    expect(manifestMediaType(bytesOf(document), declared, 'x')).toBe(mediaType);
  });
});

test('descriptors keep what the tool reads, and nothing else', () => {
  const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0', features: ['x'] };
  const full = {
    ...entry,
    platform,
    annotations: { a: 'b', bad: 1 },
    urls: ['https://example.com/x', 5],
    artifactType: 'application/x',
    data: 'AAAA',
  };
  const parsed = parse({ ...index, manifests: [full] });
  expect(parsed).toMatchObject({ kind: 'index' });
  expect(parsed.kind === 'index' ? parsed.manifests[0] : undefined).toEqual({
    ...entry,
    platform: { os: 'windows', architecture: 'amd64', variant: undefined, osVersion: '10.0' },
    annotations: { a: 'b' },
    urls: ['https://example.com/x'],
    artifactType: 'application/x',
  });
});

test('an image without layers, with one twice, and with a subject is legal', () => {
  expect(parse({ ...image, layers: [] })).toMatchObject({ layers: [] });
  expect(parse({ ...image, layers: [layer, layer] })).toMatchObject({ layers: [layer, layer] });
  expect(parse({ ...image, subject: entry, artifactType: 'a/b' })).toMatchObject({
    subject: { digest: entry.digest },
    artifactType: 'a/b',
  });
});

test.each([
  ['nothing', '', 'not valid JSON'],
  ['half', '{"config"', 'not valid JSON'],
  ['a list', [], 'no JSON object'],
  ['null', null, 'no JSON object'],
  ['another media type', { ...image, mediaType: 'text/html' }, 'text/html'],
  ['manifests and layers', { ...index, layers: [] }, 'both'],
  ['manifests and config', { ...index, config }, 'both'],
  ['manifests is a map', { ...index, manifests: {} }, 'no list'],
  ['no layers', { ...image, layers: undefined }, 'no list'],
  ['no config', { ...image, config: undefined }, 'no descriptor'],
  ['layer is text', { ...image, layers: ['x'] }, 'layers[0]'],
  ['no media type', { ...image, layers: [{ ...layer, mediaType: 5 }] }, 'media type is missing'],
  ['bad digest', { ...image, layers: [{ ...layer, digest: 'sha256:../../x' }] }, 'not a sha256 digest'],
  ['no digest', { ...image, layers: [{ ...layer, digest: undefined }] }, 'digest missing'],
  ['negative size', { ...image, layers: [{ ...layer, size: -1 }] }, 'size -1'],
  ['size as text', { ...image, layers: [{ ...layer, size: '5' }] }, 'size "5"'],
  ['size with a fraction', { ...image, layers: [{ ...layer, size: 1.5 }] }, 'size 1.5'],
  [
    'size beyond 2^53',
    `{"mediaType":"${mediaTypes.ociIndex}","manifests":[{"mediaType":"a","digest":"${entry.digest}","size":1e300}]}`,
    'size 1e+300',
  ],
  ['too many', { ...index, manifests: Array.from({ length: 10_001 }, () => entry) }, 'over 10000 entries'],
])('hostile: %s', (_name, document, reason) => {
  expect(() => parse(document)).toThrow(
    expect.objectContaining({ code: 'MANIFEST_INVALID', kind: 'content' }),
  );
  expect(() => parse(document)).toThrow(reason);
});

test('invalid UTF-8 is refused', () => {
  const refuse = () => parseManifest(Uint8Array.of(0x7b, 0xff, 0x7d), undefined, 'm');
  expect(refuse).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
});

test('messages stay short whatever the manifest holds', () => {
  const huge = 'x'.repeat(100_000);
  for (const document of [
    { ...image, mediaType: huge },
    { ...image, layers: [{ ...layer, digest: huge }] },
    { ...image, layers: [{ ...layer, size: [huge] }] },
  ]) {
    expect(() => parse(document)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{20,400}$/) }),
    );
  }
});

test.each([
  ['by its version', { schemaVersion: 1, name: 'a', fsLayers: [] }, undefined],
  ['by its media type', { mediaType: mediaTypes.dockerSchema1 }, undefined],
  ['by the declared type', {}, mediaTypes.dockerSchema1Signed],
])('schema 1 is refused with advice: %s', (_name, document, declared) => {
  expect(() => parse(document, declared)).toThrow(
    expect.objectContaining({ code: 'SCHEMA1_MANIFEST', suggestions: [expect.stringContaining('skopeo')] }),
  );
});

test.each([
  [
    { os: 'linux', architecture: 'arm', variant: 'v6' },
    { os: 'linux', architecture: 'arm', variant: 'v6' },
  ],
  [{ os: 'linux' }, undefined],
  [{ os: '', architecture: 'amd64' }, undefined],
  [{ os: 5, architecture: 'amd64' }, undefined],
])('the platform of config %j', (document, platform) => {
  expect(platformOfConfig(bytesOf(document), 'config')).toEqual(platform);
});

test('keys of the prototype are keys like any other', () => {
  const text = `{"__proto__":{"mediaType":"${mediaTypes.ociIndex}"},"config":${JSON.stringify(config)},"layers":[]}`;
  expect(parse(text)).toMatchObject({ kind: 'image' });
});

test('any JSON is a manifest or refused', () => {
  const descriptorLike = fc.record(
    {
      mediaType: fc.anything(),
      digest: fc.constantFrom<unknown>(entry.digest, 'x', 1),
      size: fc.anything(),
      platform: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const manifestLike = fc.record(
    {
      schemaVersion: fc.constantFrom<unknown>(1, 2, 'x'),
      mediaType: fc.constantFrom<unknown>(...Object.values(mediaTypes), 5),
      manifests: fc.oneof(fc.array(descriptorLike), fc.jsonValue()),
      config: fc.oneof(descriptorLike, fc.jsonValue()),
      layers: fc.oneof(fc.array(descriptorLike), fc.jsonValue()),
      subject: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(manifestLike, fc.jsonValue()), (document) => {
      const text = textOf(document);
      const end = outcomeOf(() => parse(text));
      expect(['done', 'content']).toContain(end);
    }),
    { numRuns: 1000 },
  );
});

/** JSON has no text for some values, such as big integers. */
function textOf(document: unknown): string {
  return JSON.stringify(document, (_key, value: unknown) => (typeof value === 'bigint' ? 1 : value));
}

test.each<[string, object, string]>([
  ['config', { ...image, config: { ...config, digest: `sha512:${'a'.repeat(128)}` } }, 'config'],
  ['layer', { ...image, layers: [layer, { ...layer, digest: `sha512:${'a'.repeat(128)}` }] }, 'layers[1]'],
  ['entry', { ...index, manifests: [{ ...entry, digest: `sha512:${'a'.repeat(128)}` }] }, 'manifests[0]'],
])('a sha512 digest of a %s is refused as such, saying where it is', (_, document, place) => {
  const expected = expect.objectContaining({
    code: 'DIGEST_UNSUPPORTED',
    kind: 'content',
    message: `the manifest, ${place}: its digest is made with sha512; only sha256 can be bundled`,
  });
  expect(() => parse(document)).toThrow(expected);
});

test('an index has the type of what it is, too', () => {
  expect(parse({ ...index, artifactType: 'a/list' })).toMatchObject({
    kind: 'index',
    artifactType: 'a/list',
  });
  expect(parse(index)).toMatchObject({ kind: 'index', artifactType: undefined });
});
