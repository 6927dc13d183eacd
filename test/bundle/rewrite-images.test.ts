import { expect, test } from 'vitest';

import type { BundledImage } from '../../src/bundle/inventory.ts';
import { isGzipLayerType, rewriteImages } from '../../src/bundle/rewrite-images.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';

const blobs = new MemoryBlobs();
const tar = { digest: digestOf('the tar'), size: 1000 };
const app = addImage(blobs, 'app');
const other = addImage(blobs, 'other');
const layer = documentOf(app).layers[0].digest;

// oxlint-disable-next-line typescript/no-explicit-any -- a document that the test made
function documentOf({ digest }: Pick<Descriptor, 'digest'>): any {
  return JSON.parse(String(blobs.get(digest)));
}

/** What becomes of an image when the layer of `app` is squeezed. */
async function rewritten(root: Descriptor) {
  const { digest, size, mediaType } = root;
  const image: BundledImage = {
    reference: 'quay.io/org/app:1',
    digest,
    size,
    mediaType,
    platforms: [],
    omittedPlatforms: [],
    origins: [],
  };
  return await rewriteImages([image], {
    fetch: async (manifest) => await Promise.resolve(blobs.find(manifest.digest)),
    plainOf: (gzip) => (gzip === layer ? tar : undefined),
  });
}

test('a manifest names the tar in the place of the gzip, and nothing else changes', async () => {
  const found = (await rewritten(app)).get(app.digest);
  const document = JSON.parse(String(found?.bytes));
  const expected = documentOf(app);
  expected.layers[0] = { ...expected.layers[0], ...tar, mediaType: 'application/vnd.oci.image.layer.v1.tar' };
  expect(document).toEqual(expected);
  expect(found?.descriptor).toEqual({
    mediaType: app.mediaType,
    digest: digestOf(found?.bytes ?? ''),
    size: found?.bytes.length,
  });
});

test('a manifest that names nothing squeezed stays', async () => {
  expect((await rewritten(other)).size).toBe(0);
  expect((await rewritten(addIndex(blobs, [other]))).size).toBe(0);
});

test('indexes follow, also nested ones, and what attests says of whom', async () => {
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': app.digest,
  };
  const inner = addIndex(blobs, [app, other, { ...other, annotations }]);
  const outer = addIndex(blobs, [inner]);
  const found = await rewritten(outer);
  const manifest = found.get(app.digest)?.descriptor.digest;
  const index = JSON.parse(String(found.get(inner.digest)?.bytes));
  expect(index.manifests.map(({ digest }: Descriptor) => digest)).toEqual([
    manifest,
    other.digest,
    other.digest,
  ]);
  expect(index.manifests[2].annotations['vnd.docker.reference.digest']).toBe(manifest);
  expect(index.manifests[0].platform).toEqual(app.platform);
  const [entry] = JSON.parse(String(found.get(outer.digest)?.bytes)).manifests;
  expect(entry.digest).toBe(found.get(inner.digest)?.descriptor.digest);
});

test('what a sparse index names and the bundle has not stays named', async () => {
  const absent = { ...other, digest: digestOf('not there') };
  const index = addIndex(blobs, [app, absent]);
  const document = JSON.parse(String((await rewritten(index)).get(index.digest)?.bytes));
  expect(document.manifests[1].digest).toBe(absent.digest);
});

test.each([
  [mediaTypes.ociLayerGzip, true],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', true],
  ['application/vnd.oci.image.layer.v1.tar', false],
  ['application/vnd.oci.image.layer.v1.tar+zstd', false],
  ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', false],
])('%s can be named without gzip: %j', (mediaType, expected) => {
  expect(isGzipLayerType(mediaType)).toBe(expected);
});
