import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { expectedPlain, layersToSqueeze } from '../../src/workflows/layers-to-squeeze.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';

const { signal } = new AbortController();

test('media types decide what is looked at', () => {
  const types = {
    gzip: mediaTypes.ociLayerGzip,
    foreign: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    plain: 'application/vnd.oci.image.layer.v1.tar',
    zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    chart: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  };
  const layers = Object.entries(types).map(([name, mediaType]) => ({
    digest: digestOf(name),
    size: 1,
    mediaType,
    role: 'layer' as const,
  }));
  const config = { digest: digestOf('config'), size: 1, mediaType: types.gzip, role: 'config' as const };
  const found = layersToSqueeze({ blobs: [...layers, config] });
  const [gzip, foreign, plain, zstd] = layers;
  expect(found).toEqual({ gzip: [gzip, foreign], uncompressed: [plain], zstd: [zstd] });
});

test('images say what their layers decompress to; those that do not agree are both heard', async () => {
  const blobs = new MemoryBlobs();
  const graph = await graphOf(blobs, addImage(blobs, 'app'));
  const lying = blobs.addJson(
    { rootfs: { diff_ids: [digestOf('else'), 'sha256:x', 7] } },
    mediaTypes.ociConfig,
  );
  const none = blobs.add('no JSON', mediaTypes.ociConfig);
  const images = graph.images.flatMap((each) => [
    each,
    { ...each, config: lying },
    { ...each, config: none },
  ]);
  const expected = await expectedPlain([{ images }], blobs, signal);
  for (const { config, layers } of graph.images) {
    const said = JSON.parse(String(blobs.get(config.digest))).rootfs.diff_ids;
    for (const { digest } of layers)
      expect([...(expected.get(digest) ?? [])]).toEqual([...said, digestOf('else')]);
  }
  expect(expected.size).toBe(1);
});
