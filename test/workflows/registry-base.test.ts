import { expect, test } from 'vitest';

import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { registryBase } from '../../src/workflows/registry-base.ts';
import type { RegistryBaseOptions } from '../../src/workflows/registry-base.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { rejection } from '../support/rejection.ts';
import { runningRegistry, uploadBlob } from '../support/running-registry.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';

const { signal } = new AbortController();

/** A registry, and a base in it. */
async function base(options: { readonly path?: string } & Partial<RegistryBaseOptions> = {}) {
  const registry = await runningRegistry();
  const { path = 'edge', ...others } = options;
  const destination = { registry: registry.host, path };
  const place = registryBase({ destination, client: pullingClient().client, ...others });
  const find = async ({ digest, size }: Descriptor, images: readonly string[], isManifest = false) =>
    await place.find({ digest, size, isManifest, images }, signal);
  const asked = (): readonly string[] =>
    registry.records.map(({ method, path: url }) => `${method} ${url.replace(/sha256:.*/, '')}`);
  return { ...registry, place, find, asked };
}

test('a blob is looked for as push names repositories, and first as one was found', async () => {
  const { place, find, asked, records, host, ...registry } = await base();
  expect(place.name).toBe(`${host}/edge`);
  const first = await uploadBlob(registry, 'first', 'edge/ghcr.io/org/app');
  const second = await uploadBlob(registry, 'second', 'edge/quay.io/org/tool');
  records.length = 0;
  const found = await find(first, ['ghcr.io/org/app:1']);
  expect(found).toMatchObject({
    size: 5,
    repository: { registry: host, repository: 'edge/ghcr.io/org/app' },
  });
  expect(asked()).toEqual(['HEAD /v2/edge/org/app/blobs/', 'HEAD /v2/edge/ghcr.io/org/app/blobs/']);
  records.length = 0;
  expect(await find(second, ['ghcr.io/org/app:2', 'quay.io/org/tool:1'])).toBeDefined();
  expect(asked()).toEqual([
    'HEAD /v2/edge/ghcr.io/org/app/blobs/',
    'HEAD /v2/edge/org/app/blobs/',
    'HEAD /v2/edge/quay.io/org/tool/blobs/',
  ]);
  const reader = { sizeOf: async () => await Promise.resolve(5), open: found?.open ?? never };
  expect(Buffer.from(await readWholeBlob(reader, first, signal)).toString()).toBe('first');
  expect(await find({ ...first, size: 6 }, ['ghcr.io/org/app:1'])).toBeUndefined();
  expect(await find(first, ['ghcr.io/org/other:1', `ghcr.io/${'a/'.repeat(120)}long:1`])).toBeUndefined();
});

test('names that a base was pushed with by --map count first', async () => {
  const registry = await runningRegistry();
  const { host } = registry;
  const mappings = [
    { from: { registry: 'ghcr.io', path: 'org' }, to: { registry: host, path: 'mirror' } },
    { from: { registry: 'ghcr.io', path: '' }, to: { registry: 'elsewhere.example.com', path: '' } },
  ];
  const place = registryBase({
    destination: { registry: host, path: '' },
    mappings,
    client: pullingClient().client,
  });
  const blob = await uploadBlob(registry, 'mapped', 'mirror/app');
  registry.records.length = 0;
  const found = await place.find({ ...blob, isManifest: false, images: ['ghcr.io/org/app:1'] }, signal);
  expect(found?.repository?.repository).toBe('mirror/app');
  expect(registry.records).toHaveLength(1);
  expect(place.name).toBe(host);
});

test('a manifest is asked for as one, and once', async () => {
  const { find, asked, records, origin } = await base({ path: '' });
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, 'app');
  await pushImage({ origin, repository: 'org/app' }, blobs, { root, tag: '1' });
  records.length = 0;
  const found = await find(root, ['ghcr.io/org/app:1'], true);
  expect(found).toMatchObject({ size: root.size });
  expect(found?.repository).toBeUndefined();
  const reader = { sizeOf: async () => await Promise.resolve(root.size), open: found?.open ?? never };
  expect(Buffer.from(await readWholeBlob(reader, root, signal)).equals(blobs.get(root.digest))).toBe(true);
  expect(asked()).toEqual(['GET /v2/org/app/manifests/']);
  expect(await find({ ...root, size: 1 }, ['ghcr.io/org/app:1'], true)).toBeUndefined();
});

test('a repository that is closed is as good as one without it, unless all are', async () => {
  const { host, requests } = await startServer((request, response) => {
    response.statusCode = request.url?.includes('/closed/') === true ? 403 : 404;
    response.end();
  });
  const place = registryBase({
    destination: { registry: host, path: '' },
    client: pullingClient().client,
  });
  const blob = new MemoryBlobs().add('x', 'text/plain');
  const find = async (...images: readonly string[]) =>
    await place.find({ ...blob, isManifest: false, images }, signal);
  const error = await rejection(find('closed/a/app:1'));
  expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
  expect(error.message).toContain(`reading from ${host}/closed/a/app: `);
  const before = requests.length;
  expect(await find('docker.io/closed/a/app:1', 'docker.io/open/app:1')).toBeUndefined();
  expect(requests.slice(before).filter(({ url }) => url.includes('/closed/'))).toEqual([]);
  expect(place.denials?.()).toContain(error);
});

test('where nothing is found a few more names are tried for each blob, not all', async () => {
  const { find, records, ...registry } = await base();
  const images = Array.from({ length: 8 }, (_, index) => `ghcr.io/org/app-${index}:1`);
  const blobs = new MemoryBlobs();
  const asked = async (name: string): Promise<number> => {
    records.length = 0;
    expect(await find(blobs.add(name, 'text/plain'), images)).toBeUndefined();
    return records.length;
  };
  expect(await asked('first')).toBe(16);
  for (let index = 1; index < 20; index += 1) await asked(String(index));
  expect(await asked('another')).toBe(6);
  const there = await uploadBlob(registry, 'there', 'edge/org/app-0');
  expect(await find(there, images)).toBeDefined();
  expect(await asked('last')).toBe(16);
});

test('which side failed is told, when it is asked and in the middle of a blob', async () => {
  let isUp = false;
  const { host } = await startServer((request, response) => {
    if (!isUp) response.statusCode = 500;
    response.setHeader('content-length', isUp ? 5 : 0);
    response.end(isUp && request.method === 'GET' ? 'wrong' : undefined);
  });
  const place = registryBase({
    destination: { registry: host, path: 'edge' },
    client: pullingClient().client,
  });
  const blob = new MemoryBlobs().add('right', 'text/plain');
  const wanted = { ...blob, isManifest: false, images: ['ghcr.io/org/app:1'] };
  const down = await rejection(place.find(wanted, signal));
  expect(down).toMatchObject({ code: 'SERVER_FAILURE', kind: 'network' });
  expect(down.message).toContain(`reading from ${host}/edge/org/app: `);
  isUp = true;
  const found = await place.find(wanted, signal);
  const reader = { sizeOf: async () => await Promise.resolve(5), open: found?.open ?? never };
  const wrong = await rejection(readWholeBlob(reader, blob, signal));
  expect(wrong).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(wrong.message.startsWith(`reading from ${host}/edge/org/app: `)).toBe(true);
});

async function never(): Promise<AsyncIterable<Uint8Array>> {
  return await Promise.reject(new Error('nothing was found'));
}
