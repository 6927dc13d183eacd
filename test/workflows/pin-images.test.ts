import { expect, test } from 'vitest';

import type { Platform } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { parsePlatform } from '../../src/oci/platform.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pinImages } from '../../src/workflows/pin-images.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const config = JSON.stringify({ os: 'linux', architecture: 'amd64' });
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
  layers: [],
});

test('a HEAD that tells another length than the manifest has does not matter: the digest does', async () => {
  const server = await startServer(({ method, url = '' }, response) => {
    const text = url.includes('/blobs/') ? config : manifest;
    const length = method === 'HEAD' ? text.length + 7 : text.length;
    response.writeHead(200, {
      'content-type': mediaTypes.ociManifest,
      'content-length': String(length),
      'docker-content-digest': digestOf(text),
    });
    response.end(text);
  });
  const { images, failures } = await pin(`${server.host}/org/app:1`, undefined);
  expect(failures).toEqual([]);
  expect(images.map(({ graph }) => graph.root)).toEqual([
    { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length },
  ]);
});

test.each([
  [['linux/arm/v7'], ['linux/arm/v6']],
  [
    ['linux/amd64', 'linux/arm/v7', 'linux/arm/v6'],
    ['linux/amd64', 'linux/arm/v6'],
  ],
])('of ARM variants the next lower one stands for what is asked for: %j', async (wanted, kept) => {
  const blobs = new MemoryBlobs();
  const index = addIndex(
    blobs,
    ['linux/amd64', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm64'].map((platform) =>
      addImage(blobs, platform, { platform: parsePlatform(platform) }),
    ),
  );
  const registry = await runningRegistry();
  const origin = `http://${registry.host}`;
  await pushImage({ origin, repository: 'org/app' }, blobs, { root: index, tag: '1' });
  const { images, failures } = await pin(`${registry.host}/org/app:1`, wanted.map(parsePlatform));
  expect(failures).toEqual([]);
  expect(images.map(({ graph }) => graph.platforms)).toEqual([kept]);
  expect(images.map(({ graph }) => graph.images.length)).toEqual([kept.length]);
});

/** Pins one image into a store of its own. */
async function pin(name: string, platforms: readonly Platform[] | undefined) {
  await using store = await BlobStore.open(await temporaryFolder());
  return await pinImages([{ reference: parseReference(name), name, origins: [] }], {
    registry: pullingClient().client,
    store,
    platforms,
    allowMissingPlatform: false,
    signal: new AbortController().signal,
    onPinned: () => undefined,
  });
}
