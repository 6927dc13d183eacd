import { expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { isManifestType, mediaTypes } from '../../src/oci/media-types.ts';
import { formatReference, formatRepository, parseReference } from '../../src/oci/reference.ts';
import type { PinnedImage } from '../../src/workflows/pin-images.ts';
import { queueBlobs } from '../../src/workflows/queue-blobs.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';

async function pinned(blobs: MemoryBlobs, text: string, root: Descriptor): Promise<PinnedImage> {
  const reference = parseReference(text);
  return {
    reference,
    name: formatReference(reference),
    origins: [{ kind: 'flag' }],
    graph: await graphOf(blobs, root),
  };
}

/** Three images of two registries; the first two share all their blobs, the index has one image of them too. */
async function sampleImages(): Promise<PinnedImage[]> {
  const blobs = new MemoryBlobs();
  const small = addImage(blobs, noise(500, 1));
  const large = addImage(blobs, noise(9000, 2), { platform: { os: 'linux', architecture: 'arm64' } });
  return [
    await pinned(blobs, 'a.io/org/small:1', small),
    await pinned(blobs, 'a.io/org/copy:1', small),
    await pinned(blobs, 'b.io/org/both:1', addIndex(blobs, [small, large])),
    await pinned(blobs, 'a.io/org/small:2', small),
  ];
}

test('every blob of every image is queued once: what is no layer, then layers, each largest first', async () => {
  const images = await sampleImages();
  const queue = queueBlobs(images);
  const digests = queue.map(({ blob }) => blob.digest);
  const all = images.flatMap(({ graph }) => graph.blobs.map(({ descriptor }) => descriptor.digest));
  expect(new Set(digests).size).toBe(digests.length);
  expect(digests.toSorted()).toEqual([...new Set(all)].toSorted());
  const layers = new Set(
    images.flatMap(({ graph }) => graph.images.flatMap((image) => image.layers.map(({ digest }) => digest))),
  );
  const sizesOf = (isLayer: boolean) =>
    queue.filter(({ blob }) => layers.has(blob.digest) === isLayer).map(({ blob }) => blob.size);
  const sizes = [...sizesOf(false), ...sizesOf(true)];
  expect(layers.size).toBe(2);
  expect(queue.map(({ blob }) => blob.size)).toEqual(sizes);
  for (const part of [sizesOf(false), sizesOf(true)]) {
    expect(part).toEqual(part.toSorted((left, right) => right - left));
  }
});

test('a blob knows each repository that names it once, in the order of the images', async () => {
  const images = await sampleImages();
  const repositoriesOf = (order: readonly PinnedImage[], position: number): string[] => {
    const root = images[position]?.graph.root.digest;
    const queued = queueBlobs(order).find(({ blob }) => blob.digest === root);
    return queued?.repositories.map(formatRepository) ?? [];
  };
  expect(repositoriesOf(images, 0)).toEqual(['a.io/org/small', 'a.io/org/copy', 'b.io/org/both']);
  expect(repositoriesOf(images.toReversed(), 0)).toEqual([
    'a.io/org/small',
    'b.io/org/both',
    'a.io/org/copy',
  ]);
  expect(repositoriesOf(images, 2)).toEqual(['b.io/org/both']);
});

test('blobs of one size are in the order of their digests, whatever the order of the images', async () => {
  const blobs = new MemoryBlobs();
  const roots = Array.from({ length: 20 }, (_, seed) => addImage(blobs, noise(300, seed + 1)));
  const images = await Promise.all(
    roots.map(async (root, index) => await pinned(blobs, `a.io/org/app-${index}:1`, root)),
  );
  const digestsOf = (order: readonly PinnedImage[]) => queueBlobs(order).map(({ blob }) => blob.digest);
  const sizes = new Set(queueBlobs(images).map(({ blob }) => blob.size));
  expect(sizes.size).toBeLessThan(roots.length);
  expect(digestsOf(images.toReversed())).toEqual(digestsOf(images));
  for (const size of sizes) {
    const same = queueBlobs(images).filter(({ blob }) => blob.size === size);
    const digests = same.filter(({ blob }) => isManifestType(blob.mediaType)).map(({ blob }) => blob.digest);
    expect(digests).toEqual(digests.toSorted());
  }
});

test('a blob that is a layer here and a config there is no layer', async () => {
  const blobs = new MemoryBlobs();
  const both = blobs.add('{}', mediaTypes.ociConfig);
  const large = blobs.add(noise(9000, 1), mediaTypes.ociLayerGzip);
  const manifest = (layers: readonly Descriptor[], config: Descriptor) =>
    blobs.addJson(
      { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
      mediaTypes.ociManifest,
    );
  const config = blobs.addJson({ os: 'linux', architecture: 'amd64' }, mediaTypes.ociConfig);
  const images = [
    await pinned(blobs, 'a.io/layer:1', manifest([both, large], config)),
    await pinned(blobs, 'a.io/config:1', manifest([large], both)),
  ];
  for (const order of [images, images.toReversed()]) {
    expect(queueBlobs(order).at(-1)?.blob.digest).toBe(large.digest);
  }
});

test('no images, no blobs', () => {
  expect(queueBlobs([])).toEqual([]);
});
