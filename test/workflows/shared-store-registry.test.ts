import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { sharedRegistry } from '../../src/workflows/shared-store-registry.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushingClient } from '../support/pushing-client.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { MemoryBlobs } from '../support/sample-images.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const source = new MemoryBlobs();
const layer = source.add('a layer', 'application/octet-stream');
// Of an image that is nowhere as a whole: a registry would refuse it as a manifest.
const manifest = source.add('{"schemaVersion":2,"manifests":[]}', 'application/vnd.oci.image.index.v1+json');
let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry();
});
afterAll(async () => await registry.stop());

function sharedAt(host: string, repository: string) {
  return sharedRegistry(
    { registry: host, repository },
    { client: pullingClient().client, pusher: pushingClient().pusher },
  );
}

/** Of all its repositories, as its disk has them: it remembers some that are gone. */
async function blobsOf({ folder }: DockerRegistry): Promise<readonly string[]> {
  const blobs = join(folder, 'storage/docker/registry/v2/blobs/sha256');
  const prefixes = await readdir(blobs);
  return (await Promise.all(prefixes.map(async (prefix) => await readdir(join(blobs, prefix))))).flat();
}

const share = (blob: BlobIdentity, isReplacement = false) => ({ blob, source, isReplacement });

test('a repository that nothing was put into yet is an empty one', async () => {
  const shared = sharedAt(registry.host, 'new/cache');
  await shared.check(signal);
  expect(shared.name).toBe(`oci://${registry.host}/new/cache`);
  expect(await shared.sizeOf(layer.digest, signal)).toBeUndefined();
  await expect(shared.open(layer, { range: { start: 0 }, signal })).rejects.toMatchObject({
    code: 'BLOB_NOT_FOUND',
  });
});

test('what is put in comes out, manifests as well, and is sent once', async () => {
  const shared = sharedAt(registry.host, 'put/cache');
  expect(await shared.put(share(layer), signal)).toBe(layer.size);
  expect(await shared.put(share(manifest), signal)).toBe(manifest.size);
  expect(await shared.put(share(layer), signal)).toBe(0);
  expect(await shared.put(share(layer, true), signal)).toBe(0);
  expect(await shared.sizeOf(manifest.digest, signal)).toBe(manifest.size);
  expect(Buffer.from(await readWholeBlob(shared, manifest, signal))).toEqual(source.get(manifest.digest));
});

test('garbage collection leaves what is kept, and takes what is not', async () => {
  const shared = sharedAt(registry.host, 'kept/cache');
  await shared.put(share(layer), signal);
  await shared.put(share(manifest), signal);
  const other = source.add('of a build that was killed', 'application/octet-stream');
  await shared.put(share(other), signal);
  await shared.keep({ id: '1a2b3c4d', blobs: [layer, manifest] }, signal);
  const before = registry.log().length;
  await shared.keep({ id: '1a2b3c4d', blobs: [manifest, layer] }, signal);
  expect(registry.log().slice(before)).not.toMatch(/"(?:PUT|POST) /);
  expect(await blobsOf(registry)).toContain(digestHex(other.digest));
  await run(requireTool('docker-registry'), ['garbage-collect', join(registry.folder, 'config.json')]);
  const left = await blobsOf(registry);
  expect(left).toEqual(expect.arrayContaining([layer, manifest].map(({ digest }) => digestHex(digest))));
  expect(left).not.toContain(digestHex(other.digest));
});

test('a registry that may only be read says so when something is put in', async () => {
  const readOnly = await startServer((request, response) => {
    response.writeHead(request.method === 'POST' ? 403 : 404).end();
  });
  const shared = sharedAt(readOnly.host, 'cache');
  await shared.check(signal);
  expect(await rejection(shared.put(share(layer), signal))).toMatchObject({ kind: 'authentication' });
});

test('a registry that does not let us in says so at once', async () => {
  const closed = await startServer((_, response) => response.writeHead(403).end());
  expect(await rejection(sharedAt(closed.host, 'cache').check(signal))).toMatchObject({
    code: 'ACCESS_DENIED',
  });
});
