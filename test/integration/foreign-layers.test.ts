import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { serveBlob } from '../support/blob-server.ts';
import { startServer } from '../support/loopback-server.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

interface ForeignImage {
  readonly layerType: string;
  /** Media type of the manifest. */
  readonly type: string;
  /** Whether the links have nothing, too. */
  readonly isGone?: boolean;
}

const ofDocker: ForeignImage = {
  layerType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  type: mediaTypes.dockerManifest,
};
const ofOci: ForeignImage = {
  layerType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  type: mediaTypes.ociManifest,
};

test.each([
  ['Docker', ofDocker, 'docker-archive'],
  ['OCI', ofOci, 'oci-archive'],
])('an image of %s with a layer that only its links have is bundled whole', async (_, kind, transport) => {
  const { host, links } = await startForeignImage(kind);
  const folder = await temporaryFolder();
  const name = `${host}/org/windows:1`;
  const { bundle } = await runCliJson<BuildResult>(buildArgs(name), { cwd: folder });
  const path = join(folder, bundle?.path ?? '');
  expect(links.requests.map(({ url }) => url)).toEqual(['/layer']);
  expect((await runCli(['verify', path], { cwd: folder })).code).toBe(0);

  const copy = `dir:${join(folder, 'copied')}`;
  await run(requireTool('skopeo'), ['copy', `${transport}:${path}:${name}`, copy]);
  expect(await readdir(join(folder, 'copied'))).toContain('manifest.json');

  const storage = podmanStorage(folder);
  const podman = async (args: readonly string[]) => await run(requireTool('podman'), [...storage, ...args]);
  await podman(['load', '-i', path]);
  const { stdout } = await podman(['image', 'mount', name]);
  expect(await readFile(join(stdout.trim(), 'hello'), 'utf8')).toBe('foreign');
  await podman(['image', 'umount', name]);
});

test('when the links fail, too, the build tells every host that was asked', async () => {
  const { host, links } = await startForeignImage({ ...ofDocker, isGone: true });
  const { code, stderr } = await runCli(buildArgs(`${host}/org/windows:1`), { cwd: await temporaryFolder() });
  expect(code).not.toBe(0);
  const words = stderr.replaceAll(/\s+/g, ' ');
  expect(words).toContain('may not be distributed by registries');
  expect(words).toContain(`${links.host} answered 404`);
});

function buildArgs(name: string): string[] {
  return ['build', '--image', name, '--plain-http', '127.0.0.1', '--store', 'store'];
}

/** A registry with an image whose layer it does not have, and the server that its links lead to. */
async function startForeignImage({ layerType, type, isGone = false }: ForeignImage) {
  const blobs = new MemoryBlobs();
  const docker = type === mediaTypes.dockerManifest;
  const original = JSON.parse(blobs.get(addImage(blobs, 'foreign', { docker }).digest).toString());
  const [layer] = original.layers;
  const links = await startServer((request, response) => {
    if (isGone) response.writeHead(404).end();
    else serveBlob(blobs.get(layer.digest))(request, response);
  });
  const urls = [`${links.origin}/layer`];
  const manifest = Buffer.from(
    JSON.stringify({ ...original, layers: [{ ...layer, mediaType: layerType, urls }] }),
  );
  const registry = await startServer((request, response) => {
    const path = request.url ?? '';
    if (path.includes('/manifests/')) {
      response.writeHead(200, { 'content-type': type, 'docker-content-digest': digestOf(manifest) });
      response.end(request.method === 'HEAD' ? undefined : manifest);
    } else if (path.endsWith(original.config.digest)) response.end(blobs.get(original.config.digest));
    else response.writeHead(path === '/v2/' ? 200 : 404).end();
  });
  return { host: registry.host, links };
}
