import { expect, test } from 'vitest';

import { mediaTypes } from '../../src/oci/media-types.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { rejection } from '../support/rejection.ts';
import { digestsOf, Documents, layerOf } from './documents.ts';

const amd64 = parsePlatform('linux/amd64');

test('an artifact has no image and no platform, so none is missing', async () => {
  const documents = new Documents();
  const config = documents.add({}, mediaTypes.ociEmpty);
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'a/chart',
    config,
    layers: [layerOf('chart')],
  };
  const graph = await documents.walk(documents.add(document, mediaTypes.ociManifest), 'linux/amd64');
  expect(graph).toMatchObject({ images: [], platforms: [], missingPlatforms: [] });
  expect(graph.blobs).toHaveLength(3);
});

test('an entry of an unknown media type is kept as a blob', async () => {
  const documents = new Documents();
  const opaque = { ...layerOf('opaque'), mediaType: 'application/x-unknown' };
  const graph = await documents.walk(documents.index([opaque]));
  expect(graph.blobs.map(({ role }) => role)).toEqual(['index', 'layer']);
});

const signatureLayer = {
  ...layerOf('signature'),
  mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
};

test.each<[string, object, string]>([
  ['an artifact', { artifactType: 'a/sbom' }, 'a/sbom'],
  ['an artifact without a type of its own', {}, mediaTypes.ociEmpty],
])('the type of %s is told', async (_, fields, expected) => {
  const documents = new Documents();
  const config = documents.add({}, mediaTypes.ociEmpty);
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, ...fields, config, layers: [] };
  const graph = await documents.walk(documents.add(document, mediaTypes.ociManifest));
  expect(graph.artifactType).toBe(expected);
});

test('an image is of no other type', async () => {
  const documents = new Documents();
  expect((await documents.walk(documents.image('one', amd64))).artifactType).toBeUndefined();
});

test('an artifact with a subject, an empty config and in-toto layers is walked, and not to its subject', async () => {
  const documents = new Documents();
  const subject = documents.image('app', amd64);
  const layer = { ...layerOf('statement'), mediaType: 'application/vnd.in-toto+json' };
  const config = { ...documents.add({}, mediaTypes.ociEmpty), data: 'e30=' };
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'application/vnd.in-toto+json',
    config,
    layers: [layer],
    subject,
  };
  const root = documents.add(document, mediaTypes.ociManifest);
  const graph = await documents.walk(root);
  expect(digestsOf(graph)).toEqual([root.digest, config.digest, layer.digest]);
  expect(documents.fetched).toEqual([root.digest]);
});

test('a signature of cosign, which has the config of an image, is nothing that can be loaded', async () => {
  const documents = new Documents();
  const graph = await documents.walk(documents.image('signature', undefined, [signatureLayer]));
  expect(graph).toMatchObject({ images: [], platforms: [] });
  expect(graph.blobs).toHaveLength(3);
});

test.each([mediaTypes.dockerSchema1, mediaTypes.dockerSchema1Signed])(
  'an index with an entry of schema 1 (%s) is refused as such',
  async (mediaType) => {
    const documents = new Documents();
    const root = documents.index([{ ...layerOf('old'), mediaType }]);
    const error = await rejection(documents.walk(root));
    expect(error).toMatchObject({ code: 'SCHEMA1_MANIFEST', kind: 'content' });
    expect(error.message).toContain(`ghcr.io/a/b:1, manifest ${layerOf('old').digest}`);
  },
);
