import { expect, test } from 'vitest';

import { frameTableSize } from '../../src/bundle/frame-table.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { imageToBundle, noise, writeSample } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';

/**
 * The bytes of a bundle are a promise: same content and options, same bytes, on every machine and Node. When this fails
 * after a change that is not meant to change the format, the change is wrong. When Node brings another zstd, the head
 * may compress differently: then docs/bundle-format.md must say from which version on.
 */
test.each([
  [1, 'sha256:4b9546ceaa0cb2f70af1bb1b7569a848cab185d57417069c1f210a90f7155a28'],
  [3, 'sha256:83d129b78f33b6a4557634cc672242420a886486e99c5fb978e54336299f1054'],
  [12, 'sha256:c7ea31124311b79a348f07a5f9f1b0a0cd9e9c9621f3b38da416058ec2bf899f'],
])('a fixed bundle has fixed bytes at level %i', async (compressionLevel, sha256) => {
  const { sha256: written } = await goldenBundle(compressionLevel);
  expect(written).toBe(sha256);
});

test('its id and its tar do not depend on zstd at all', async () => {
  const { plan, bytes } = await goldenBundle(3);
  expect(plan.id).toBe('16e0be08');
  expect(plan.tarSize).toBe(27136);
  expect(bytes.subarray(-9).toString('hex')).toBe('0700000000b1ea928f');
  expect(frameTableSize(6)).toBe(8 + 8 + 6 * 4 + 4 + 8 + 7 * 8 + 9);
});

/** Written out, not made by compressors or helpers whose output could change: only the format decides the bytes. */
async function goldenBundle(compressionLevel: number): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const config = blobs.add('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}', mediaTypes.ociConfig);
  const layers = [noise(9000, 5), Buffer.alloc(6000, 'palette-edge ')].map((content) =>
    blobs.add(content, mediaTypes.ociLayerGzip),
  );
  const root = blobs.addJson({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }, mediaTypes.ociManifest);
  const content = {
    name: 'golden',
    tool: { name: 'palette-edge', version: '0.0.0' },
    profiles: [{ name: 'golden', version: '1.0.0', type: 'cluster' }],
    images: [imageToBundle(`registry.example:5000/golden/image:1.0@${root.digest}`, await graphOf(blobs, root))],
    extras: [{ path: 'palette-edge/profiles/golden.json', bytes: Buffer.from('{"name":"golden"}') }],
  };
  return await writeSample(content, blobs, { compressionLevel });
}
