import { expect, test } from 'vitest';

import { mediaTypes } from '../../src/oci/media-types.ts';
import { inspectTreeView } from '../../src/views/inspect-tree-view.ts';
import { inspectBundle, inspectStream } from '../../src/workflows/inspect-bundle.ts';
import type { InspectRequest, InspectResult } from '../../src/workflows/inspect-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { chartReference, multi, piped, richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { imageToBundle, sampleBundle } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf } from '../support/sample-images.ts';
import { sampleBundleWithCompanions } from '../support/sample-companions.ts';

const rich = await richBundle();
const all: InspectRequest = { patterns: [], hasTree: true };

/** An image with the same layer as another one and its own config. */
const sharing = await richBundle(async (content, blobs) => {
  const arm = { platform: { os: 'linux', architecture: 'arm64' } };
  return {
    ...content,
    images: [
      ...content.images,
      imageToBundle('quay.io/org/twin:1', await graphOf(blobs, addImage(blobs, 'single', arm))),
    ],
  };
});

function treeOf({ tree = [] }: InspectResult, reference: string): NonNullable<InspectResult['tree']>[number] {
  const found = tree.find((image) => image.reference === reference);
  if (found === undefined) throw new Error(`no ${reference}`);
  return found;
}

test('each image has its platforms, layers and sizes', async () => {
  const result = await inspectBundle(await writtenBundle(rich.bundle), all);
  expect(result.tree?.map(({ reference }) => reference)).toEqual(
    rich.bundle.plan.inventory.images.map(({ reference }) => reference),
  );
  const image = treeOf(result, multi);
  expect(image.platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
  for (const { layers } of image.platforms) expect(layers).toMatchObject([{ sharedWith: 0 }]);
  const sizes = image.platforms.flatMap(({ size, config, layers }) => [
    size,
    config.size,
    ...layers.map((layer) => layer.size),
  ]);
  expect(image.totalSize).toBe(sizes.reduce((sum, size) => sum + size, image.size));
  // Two names, one image: it shares nothing with itself.
  expect(image.uniqueSize).toBe(image.totalSize);
  const pinned = result.tree?.find(({ sameAs }) => sameAs !== undefined);
  expect(pinned).toMatchObject({ sameAs: multi, digest: image.digest });
  expect(treeOf(result, chartReference)).toMatchObject({
    platforms: [],
    others: [{ mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }],
  });
});

test('what images share is told, and what each has alone', async () => {
  const result = await inspectBundle(await writtenBundle(sharing.bundle), all);
  const twin = treeOf(result, 'quay.io/org/twin:1');
  const other = treeOf(result, 'quay.io/org/single:2');
  const layer = twin.platforms[0]?.layers.at(0);
  expect(layer).toMatchObject({ sharedWith: 1, digest: other.platforms[0]?.layers[0]?.digest });
  expect(twin.platforms[0]?.config).toMatchObject({ sharedWith: 0 });
  for (const image of [twin, other]) expect(image.uniqueSize).toBe(image.totalSize - (layer?.size ?? 0));
});

test('only what is asked for is told, and what it shares with the others all the same', async () => {
  const path = await writtenBundle(sharing.bundle);
  const result = await inspectBundle(path, { patterns: ['**/twin', 'nothing'], hasTree: true });
  expect(result.tree).toHaveLength(1);
  expect(result.tree?.[0]?.platforms[0]?.layers[0]).toMatchObject({ sharedWith: 1 });
  expect(result.inventory.images.map(({ reference }) => reference)).toEqual(['quay.io/org/twin:1']);
  expect(result.inventory.charts).toEqual([]);
  expect(result.warnings).toMatchObject([{ code: 'PATTERN_UNUSED' }]);
  expect(await rejection(inspectBundle(path, { patterns: ['nothing'], hasTree: false }))).toMatchObject({
    code: 'NO_SUCH_IMAGE',
  });
});

test('a stream tells the same, but for the size of the file', async () => {
  const path = await writtenBundle(rich.bundle);
  for (const request of [all, { patterns: ['nginx'], hasTree: false }]) {
    const streamed = await inspectStream({ path, stream: piped(rich.bundle.bytes) }, request);
    expect({ ...streamed, size: rich.bundle.bytes.length }).toEqual(await inspectBundle(path, request));
  }
});

test('companions are told with what they consist of', async () => {
  const result = await inspectBundle(await writtenBundle(await sampleBundleWithCompanions()), all);
  const sbom = result.tree?.find(({ others }) => others.some(({ mediaType }) => mediaType.includes('spdx')));
  expect(sbom?.platforms).toEqual([]);
});

test('a damaged manifest is told', async () => {
  const sample = await sampleBundle();
  const bytes = Buffer.from(sample.bytes);
  // The first frame behind the head begins with manifests.
  const second = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 4);
  bytes.writeUInt8(bytes.readUInt8(second + 200) ^ 1, second + 200);
  const path = await writtenBundle({ ...sample, bytes });
  expect(await rejection(inspectBundle(path, all))).toMatchObject({ code: 'BUNDLE_DAMAGED' });
});

test('images that name one huge set of layers again and again are refused before memory is gone', async () => {
  const many = await richBundle(async (content, blobs) => {
    const { digest, size } = blobs.add('layer', '');
    const config = blobs.addJson({ os: 'linux', architecture: 'amd64' }, mediaTypes.ociConfig);
    const layers = Array.from({ length: 9000 }, () => ({ mediaType: mediaTypes.ociLayerGzip, digest, size }));
    const shared = blobs.addJson({ schemaVersion: 2, config, layers }, mediaTypes.ociManifest);
    const graph = await graphOf(blobs, shared);
    const images = Array.from({ length: 60 }, (_, index) => {
      const root = addIndex(blobs, [{ ...shared, annotations: { index: `${index}` } }]);
      const own = [{ descriptor: root, role: 'index' as const }, ...graph.blobs];
      return imageToBundle(`quay.io/org/many:${index}`, { ...graph, root, blobs: own });
    });
    return { ...content, images: [...content.images, ...images] };
  });
  const path = await writtenBundle(many.bundle);
  expect(await rejection(inspectBundle(path, all))).toMatchObject({
    code: 'TREE_TOO_LARGE',
    kind: 'content',
  });
  expect((await inspectBundle(path)).inventory.images).toHaveLength(65);
});

test('names of one image take no memory for what it consists of', async () => {
  const named = await richBundle(async (content, blobs) => {
    const config = blobs.addJson({ os: 'linux', architecture: 'amd64' }, mediaTypes.ociConfig);
    const layer = blobs.add('layer', mediaTypes.ociLayerGzip);
    const layers = Array.from({ length: 10_000 }, () => layer);
    const manifest = blobs.addJson({ schemaVersion: 2, config, layers }, mediaTypes.ociManifest);
    const graph = await graphOf(blobs, manifest);
    const images = Array.from({ length: 400 }, (_, index) =>
      imageToBundle(`quay.io/org/named:${index}`, graph),
    );
    return { ...content, images: [...content.images, ...images] };
  });
  const result = await inspectBundle(await writtenBundle(named.bundle), {
    patterns: ['quay.io/org/named'],
    hasTree: true,
  });
  const { tree = [] } = result;
  const first = tree.at(0);
  const others = tree.slice(1);
  expect(first?.platforms.map(({ layers }) => layers.length)).toEqual([10_000]);
  expect(others).toHaveLength(399);
  for (const { sameAs, platforms, others: rest, totalSize } of others) {
    expect({ sameAs, platforms, rest, totalSize }).toEqual({
      sameAs: first?.reference,
      platforms: [],
      rest: [],
      totalSize: first?.totalSize,
    });
  }
});

test('the view is a tree', async () => {
  const result = await inspectBundle(await writtenBundle(sharing.bundle), {
    patterns: [multi, 'quay.io/org/**'],
    hasTree: true,
  });
  const lines = inspectTreeView(result)
    .replaceAll(/\b[0-9a-f]{12}\b/g, 'DIGEST')
    .replaceAll(/@sha256:[0-9a-f]{64}/g, '@sha256:…')
    .replaceAll(/\d[\d.]* k?B/g, 'SIZE')
    .split('\n');
  expect(lines).toEqual([
    'ghcr.io/org/multi:1.0  DIGEST  SIZE, SIZE of it in no other image',
    '├─ from --image',
    '├─ linux/amd64  DIGEST  1 layer, SIZE',
    '│  └─ DIGEST  SIZE',
    '└─ linux/arm64  DIGEST  1 layer, SIZE',
    '   └─ DIGEST  SIZE',
    'quay.io/org/pinned@sha256:…  DIGEST  the same image as ghcr.io/org/multi:1.0',
    '└─ from --image',
    'quay.io/org/single:2  DIGEST  SIZE, SIZE of it in no other image',
    '├─ from --image',
    '└─ linux/amd64  DIGEST  1 layer, SIZE',
    '   └─ DIGEST  SIZE  shared with 1 other image',
    'quay.io/org/twin:1  DIGEST  SIZE, SIZE of it in no other image',
    '├─ from --image',
    '└─ linux/arm64  DIGEST  1 layer, SIZE',
    '   └─ DIGEST  SIZE  shared with 1 other image',
  ]);
});
