import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { rejection } from '../support/rejection.ts';
import { imageToBundle, noise, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { squeezeSample } from '../support/sample-squeezed.ts';
import { addLayeredImage } from '../support/squeezable-bundle.ts';

test('a bundle that no reader would take is not planned: a layer is squeezed, and what another one decompresses to', async () => {
  const blobs = new MemoryBlobs();
  const tar = noise(3000, 1);
  const inner = gzipSync(tar);
  const layers = [tar, inner].map((plain) => ({
    bytes: gzipSync(plain),
    mediaType: mediaTypes.ociLayerGzip,
    diffId: digestOf(plain),
  }));
  const graph = await graphOf(blobs, addLayeredImage(blobs, layers));
  const images = [imageToBundle('quay.io/org/nested:1', graph)];
  const sample = await writeSample({ ...(await sampleContent(blobs)), images }, blobs);
  expect(await rejection(squeezeSample(sample))).toMatchObject({
    code: 'INVENTORY_INVALID',
    kind: 'content',
  });
});
