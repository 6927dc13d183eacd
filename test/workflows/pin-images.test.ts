import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pinImages } from '../../src/workflows/pin-images.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
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
  const name = `${server.host}/org/app:1`;
  await using store = await BlobStore.open(await temporaryFolder());
  const { images, failures } = await pinImages([{ reference: parseReference(name), name, origins: [] }], {
    registry: pullingClient().client,
    store,
    platforms: undefined,
    allowMissingPlatform: false,
    signal: new AbortController().signal,
    onPinned: () => undefined,
  });
  expect(failures).toEqual([]);
  expect(images.map(({ graph }) => graph.root)).toEqual([
    { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length },
  ]);
});
