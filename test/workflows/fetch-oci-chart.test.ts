import { expect, test } from 'vitest';

import { readChartArchive } from '../../src/chart/chart-archive.ts';
import { chartArtifact } from '../../src/chart/chart-artifact.ts';
import { readChartMetadata } from '../../src/chart/chart-metadata.ts';
import { ChartRepositories } from '../../src/chart/chart-repositories.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { fetchOciChart } from '../../src/workflows/fetch-oci-chart.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { sampleChart } from '../support/sample-charts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const archive = await sampleChart('web', '1.0.0');
const { manifest, blobs } = chartArtifact(
  archive,
  readChartMetadata(await readChartArchive(archive, 'web'), 'web'),
);

test('a HEAD that tells another length than the manifest of a chart has does not matter: the digest does', async () => {
  const server = await startServer(({ method, url = '' }, response) => {
    const found = [manifest, ...blobs].find(({ descriptor }) => url.endsWith(descriptor.digest)) ?? manifest;
    response.writeHead(200, {
      'content-type': mediaTypes.ociManifest,
      'content-length': String(method === 'HEAD' ? found.bytes.length + 7 : found.bytes.length),
      'docker-content-digest': found.descriptor.digest,
    });
    response.end(found.bytes);
  });
  const { client, http } = pullingClient();
  const logins = { find: async () => await Promise.resolve(undefined) };
  await using store = await BlobStore.open(await temporaryFolder());
  const chart = { repository: `${server.host}/charts`, name: 'web', version: '1.0.0', origins: [] };
  const { image } = await fetchOciChart(chart, {
    registry: client,
    repositories: new ChartRepositories({ http, logins }),
    store,
    received: { bytes: 0 },
    signal: new AbortController().signal,
    onWarning: () => undefined,
  });
  expect(image.graph.root).toEqual(manifest.descriptor);
});
