import { expect, test } from 'vitest';

import { mediaTypes } from '../../src/oci/media-types.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { rejection } from '../support/rejection.ts';
import { digestsOf, Documents, layerOf } from './documents.ts';

const amd64 = parsePlatform('linux/amd64');

const arm64 = parsePlatform('linux/arm64');

test('a single manifest: everything, once, with its role and its platform from the config', async () => {
  const documents = new Documents();
  const shared = layerOf('shared');
  const root = documents.image('one', arm64, [shared, layerOf('own'), shared]);
  const graph = await documents.walk(root);
  expect(graph.blobs.map(({ role }) => role)).toEqual(['manifest', 'config', 'layer', 'layer']);
  expect(graph).toMatchObject({ platforms: ['linux/arm64'], omittedPlatforms: [], missingPlatforms: [] });
  expect(graph.images).toHaveLength(1);
  expect(graph.images[0]?.layers.map(({ digest }) => digest)).toEqual([
    shared.digest,
    layerOf('own').digest,
    shared.digest,
  ]);
});

test('a whole index: every platform and attestation, manifests before what they name', async () => {
  const documents = new Documents();
  const one = { ...documents.image('one', amd64), platform: amd64 };
  const two = { ...documents.image('two', arm64), platform: arm64 };
  const root = documents.index([one, two, documents.attestation(one), documents.attestation(two)]);
  const graph = await documents.walk(root);
  expect(graph.platforms).toEqual(['linux/amd64', 'linux/arm64']);
  expect(graph.images).toHaveLength(2);
  expect(graph.blobs.filter(({ role }) => role === 'manifest')).toHaveLength(4);
  expect(graph.blobs[0]).toMatchObject({ role: 'index', descriptor: { digest: root.digest } });
  const order = digestsOf(graph);
  for (const image of graph.images) {
    expect(order.indexOf(image.manifest.digest)).toBeLessThan(order.indexOf(image.config.digest));
  }
  expect(new Set(order).size).toBe(order.length);
});

test('a sparse index keeps the index itself, the wanted platform and only its attestation', async () => {
  const documents = new Documents();
  const one = { ...documents.image('one', amd64), platform: amd64 };
  const two = { ...documents.image('two', arm64), platform: { ...arm64, variant: 'v8' } };
  const attestations = [documents.attestation(one), documents.attestation(two)];
  const root = documents.index([...attestations, one, two]);
  const graph = await documents.walk(root, 'linux/arm64');
  expect(graph).toMatchObject({
    platforms: ['linux/arm64'],
    omittedPlatforms: ['linux/amd64'],
    missingPlatforms: [],
  });
  expect(graph.root.digest).toBe(root.digest);
  const kept = digestsOf(graph);
  expect(kept).toContain(two.digest);
  expect(kept).toContain(attestations[1]?.digest);
  expect(kept).not.toContain(one.digest);
  expect(kept).not.toContain(attestations[0]?.digest);
  expect(documents.fetched).not.toContain(one.digest);
});

test('an entry without a platform is judged by its config', async () => {
  const documents = new Documents();
  const one = documents.image('one', amd64);
  const two = documents.image('two', arm64);
  const graph = await documents.walk(documents.index([one, two]), 'linux/amd64');
  expect(graph).toMatchObject({ platforms: ['linux/amd64'], omittedPlatforms: ['linux/arm64'] });
  expect(digestsOf(graph)).not.toContain(two.digest);
});

test('an image that names no platform anywhere is kept', async () => {
  const documents = new Documents();
  for (const platform of [undefined, { os: 'unknown', architecture: 'unknown' }]) {
    const root = documents.index([documents.image('plain', platform)]);
    const graph = await documents.walk(root, 'linux/amd64');
    expect(graph).toMatchObject({ platforms: [], omittedPlatforms: [], missingPlatforms: [] });
    expect(graph.images).toHaveLength(1);
  }
});

test('a platform that is not there is missing, with the others named', async () => {
  const documents = new Documents();
  const one = { ...documents.image('one', amd64), platform: amd64 };
  const graph = await documents.walk(documents.index([one]), 'linux/arm64', 'linux/arm/v7');
  expect(graph).toMatchObject({
    platforms: [],
    omittedPlatforms: ['linux/amd64'],
    missingPlatforms: ['linux/arm/v7', 'linux/arm64'],
  });
});

test('a single manifest of another platform stays, and the platform is missing', async () => {
  const documents = new Documents();
  const graph = await documents.walk(documents.image('one', amd64), 'linux/arm64');
  expect(graph).toMatchObject({ platforms: ['linux/amd64'], missingPlatforms: ['linux/arm64'] });
  expect(graph.images).toHaveLength(1);
});

test('one manifest that stands for two platforms has both', async () => {
  const documents = new Documents();
  const [v6, v7] = [parsePlatform('linux/arm/v6'), parsePlatform('linux/arm/v7')];
  const image = documents.image('arm', v6);
  const root = documents.index([
    { ...image, platform: v6 },
    { ...image, platform: v7 },
  ]);
  const graph = await documents.walk(root, 'linux/arm/v6', 'linux/arm/v7');
  expect(graph).toMatchObject({ platforms: ['linux/arm/v6', 'linux/arm/v7'], missingPlatforms: [] });
  expect(graph.images).toHaveLength(1);
});

test('an index in an index is walked, a shared image once', async () => {
  const documents = new Documents();
  const one = { ...documents.image('one', amd64), platform: amd64 };
  const two = { ...documents.image('two', arm64), platform: arm64 };
  const inner = documents.index([one, two]);
  const graph = await documents.walk(documents.index([inner, one]), 'linux/amd64');
  expect(graph).toMatchObject({ platforms: ['linux/amd64'], omittedPlatforms: ['linux/arm64'] });
  expect(graph.images).toHaveLength(1);
  expect(digestsOf(graph)).toContain(inner.digest);
});

test('a manifest that is another one’s layer too keeps its own blobs', async () => {
  const documents = new Documents();
  const inner = documents.image('inner', amd64);
  const outer = documents.image('outer', amd64, [{ ...inner, mediaType: mediaTypes.ociLayerGzip }]);
  const graph = await documents.walk(documents.index([outer, inner]));
  expect(digestsOf(graph)).toContain(layerOf('inner').digest);
  expect(graph.blobs.find(({ descriptor }) => descriptor.digest === inner.digest)?.role).toBe('manifest');
});

test('one digest with two sizes is refused', async () => {
  const documents = new Documents();
  const layer = layerOf('x');
  const root = documents.image('one', amd64, [layer, { ...layer, size: layer.size + 1 }]);
  expect(await rejection(documents.walk(root))).toMatchObject({
    code: 'MANIFEST_INVALID',
    message: expect.stringContaining('two sizes'),
  });
});

test('indexes nested without end are refused', async () => {
  const documents = new Documents();
  let root = documents.image('one', amd64);
  for (let depth = 0; depth < 20; depth += 1) root = documents.index([root]);
  expect(await rejection(documents.walk(root))).toMatchObject({ code: 'MANIFEST_INVALID', kind: 'content' });
});

test('an index that claims to hold itself ends', async () => {
  const documents = new Documents();
  const root = documents.index([]);
  documents.replace(root.digest, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [root] });
  const graph = await documents.walk(root);
  expect(digestsOf(graph)).toEqual([root.digest]);
});

test('a manifest that is none names the image and the manifest', async () => {
  const documents = new Documents();
  const bad = documents.add(
    { schemaVersion: 2, mediaType: mediaTypes.ociManifest, layers: 'x' },
    mediaTypes.ociManifest,
  );
  const error = await rejection(documents.walk(documents.index([bad])));
  expect(error.message).toContain('ghcr.io/a/b:1');
  expect(error.message).toContain(bad.digest);
});

test('an index with more manifests than any real one is refused', async () => {
  const documents = new Documents();
  const images = Array.from({ length: 5001 }, (_, position) => documents.image(String(position), amd64, []));
  expect(await rejection(documents.walk(documents.index(images)))).toMatchObject({
    code: 'MANIFEST_INVALID',
  });
});
