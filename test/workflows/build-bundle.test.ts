import type { ServerResponse } from 'node:http';
import { readdir } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { mediaTypes } from '../../src/oci/media-types.ts';
import { identityOf, seededBytes } from '../store/seeded-blob.ts';
import { startServer } from '../support/loopback-server.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cliEntry } from '../support/cli-entry.ts';

/** Blocks of 512 bytes: room for each layer, but not for a bundle of them. */
const fileLimit = 8000;

test('when the bundle cannot be written, the build ends at once: what is still being pulled is given up', async () => {
  const folder = await temporaryFolder();
  const { host } = await startRegistry();
  const run = await build(host, folder);
  expect(run).toMatchObject({ code: 7, stdout: '' });
  expect(run.stderr).toContain('writing the bundle to made/edge.tar.zst failed: the file is too large');
  expect(await readdir(folder)).not.toContain('made');
  const partials = await readdir(`${folder}/store/ingest`);
  expect(partials.filter((name) => !name.endsWith('.left'))).toEqual([]);
});

/** With a limit on the size of files: a full disk for everybody, root or not. */
async function build(host: string, folder: string): Promise<CliRun> {
  const args = ['build', '--image', `${host}/edge/app:1`, '--plain-http', host, '--store', 'store'];
  const limited = [`ulimit -f ${fileLimit} && exec "$@"`, 'sh', process.execPath, cliEntry, ...args];
  return await runCli([...limited, '--output', 'made/edge.tar.zst'], {
    cwd: folder,
    node: 'sh',
    entry: '-c',
  });
}

/** A registry with one image, whose smallest layer, the last one in a bundle, never comes to its end. */
async function startRegistry() {
  const layers = [2_900_003, 2_900_002, 2_900_001, 2_000_000].map((size, seed) =>
    seededBytes({ seed, size }),
  );
  const config = Buffer.from(
    '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, ...identityOf(config) },
      layers: layers.map((bytes) => ({ mediaType: mediaTypes.ociLayerGzip, ...identityOf(bytes) })),
    }),
  );
  const byDigest = new Map([...layers, config, manifest].map((bytes) => [identityOf(bytes).digest, bytes]));
  const endless = layers.at(-1);
  return await startServer(({ method, url = '' }, response) => {
    const name = url.split('/').at(-1) ?? '';
    const bytes = name === '1' ? manifest : [...byDigest].find(([digest]) => digest === name)?.[1];
    if (bytes === undefined) {
      response.writeHead(url === '/v2/' ? 200 : 404).end();
      return;
    }
    head(response, bytes, bytes === manifest);
    if (method === 'HEAD') response.end();
    else if (bytes === endless) response.write(bytes.subarray(0, 500_000));
    else response.end(bytes);
  });
}

function head(response: ServerResponse, bytes: Buffer, isManifest: boolean): void {
  response.writeHead(200, {
    'content-length': bytes.length,
    'content-type': isManifest ? mediaTypes.ociManifest : 'application/octet-stream',
    'docker-content-digest': identityOf(bytes).digest,
  });
}
