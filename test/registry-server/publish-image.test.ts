import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import { acceptedManifestTypes, mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { MemoryRepositories } from '../../src/registry-server/memory-repositories.ts';
import { publishImage } from '../../src/registry-server/publish-image.ts';
import { createRegistryHandler } from '../../src/registry-server/registry-handler.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient, readAll } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';

const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));

describe('a published image', () => {
  test('is pulled by our client byte by byte, with all its platforms', async () => {
    const { content, blobs, root, graph } = await published();
    const { host } = await runningRegistry({ content });
    const { client } = pullingClient();
    const reference = parseReference(`${host}/org/app:1.0`);
    const resolved = await client.resolve(reference);
    expect(resolved).toEqual({ mediaType: root.mediaType, digest: root.digest, size: root.size });
    const fetchBlob = async (descriptor: Descriptor) =>
      acceptedManifestTypes.includes(descriptor.mediaType)
        ? (await client.fetchManifest(reference, descriptor)).bytes
        : await client.fetchBlob(reference, descriptor);
    const pulled = await walkImage('app', resolved, { fetch: fetchBlob, platforms: undefined });
    expect(pulled).toEqual(graph);
    const reader = client.blobs(reference);
    for (const { descriptor, role } of pulled.blobs) {
      if (role !== 'layer') continue;
      expect(await readAll(await reader.open(descriptor))).toEqual(blobs.get(descriptor.digest));
      expect(await reader.sizeOf(descriptor.digest)).toBe(descriptor.size);
    }
  });

  test('without a tag is found by its digest', async () => {
    const { content, root } = await published({ tag: undefined });
    const { host, send } = await runningRegistry({ content });
    const { client } = pullingClient();
    const found = await client.resolve(parseReference(`${host}/org/app@${root.digest}`));
    expect(found.digest).toBe(root.digest);
    expect(await (await send('/v2/org/app/tags/list')).json()).toMatchObject({ tags: [] });
  });

  test('is a referrer of its subject', async () => {
    const { content, blobs, root } = await published();
    const config = blobs.add('{}', mediaTypes.ociEmpty);
    const signature = blobs.addJson(
      { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], subject: root },
      mediaTypes.ociManifest,
    );
    await publishImage(content, await graphOf(blobs, signature), { repository: 'org/app' });
    const { send } = await runningRegistry({ content });
    const response = await send(`/v2/org/app/referrers/${root.digest}`);
    expect(await response.json()).toMatchObject({ manifests: [{ digest: signature.digest }] });
  });

  test('with platforms left out has what is kept', async () => {
    const { blobs, root } = await published();
    const content = { blobs, repositories: new MemoryRepositories() };
    const graph = await graphOf(blobs, root, platforms.slice(0, 1));
    await publishImage(content, graph, { repository: 'org/app', tag: '1.0' });
    const { send } = await runningRegistry({ content });
    const index: { manifests: Descriptor[] } = JSON.parse(
      await (await send('/v2/org/app/manifests/1.0')).text(),
    );
    const statuses = index.manifests.map(
      async ({ digest }) => (await send(`/v2/org/app/manifests/${digest}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 404]);
  });

  test('whose manifest is missing is refused', async () => {
    const { graph } = await published();
    const content = {
      blobs: (await runningRegistry()).content.blobs,
      repositories: new MemoryRepositories(),
    };
    const error = await rejection(publishImage(content, graph, { repository: 'org/app', tag: '1.0' }));
    expect(error).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'notFound' });
    expect(await content.repositories.findTag('org/app', '1.0')).toBeUndefined();
  });
});

test('our client goes on with a range after its connection broke', async () => {
  const registry = await runningRegistry();
  const bytes = randomBytes(2_000_000);
  const blob = { digest: digestOf(bytes), size: bytes.length };
  await registry.content.blobs.ingest(blob, new Blob([bytes]).stream());
  await registry.content.repositories.addBlob('org/app', blob.digest);
  const handler = createRegistryHandler({ content: registry.content });
  let cuts = 3;
  const { host, requests } = await startServer((request, response) => {
    if (cuts > 0) cutAfter(response, 300_000);
    cuts -= 1;
    handler.listener(request, response);
  });
  const { client } = pullingClient();
  const reader = client.blobs({ registry: host, repository: 'org/app' });
  expect((await readAll(await reader.open(blob))).equals(bytes)).toBe(true);
  expect(requests).toHaveLength(4);
  expect(requests[0]?.headers.range).toBeUndefined();
  for (const { headers } of requests.slice(1)) expect(headers.range).toMatch(/^bytes=[1-9]\d+-1999999$/);
});

/** Lets so many bytes of a body out, at least, then breaks the connection. */
function cutAfter(response: ServerResponse, size: number): void {
  const write: (bytes: Uint8Array, done: () => void) => boolean = response.write.bind(response);
  let sent = 0;
  response.write = (bytes: Uint8Array) => {
    sent += bytes.length;
    return write(bytes, () => {
      if (sent >= size) response.destroy();
    });
  };
}

async function published({ tag }: { readonly tag: string | undefined } = { tag: '1.0' }) {
  const blobs = new MemoryBlobs();
  const images = platforms.map((platform) => addImage(blobs, randomBytes(100_000), { platform }));
  const root = addIndex(blobs, images);
  const graph = await graphOf(blobs, root);
  const content = { blobs, repositories: new MemoryRepositories() };
  await publishImage(content, graph, { repository: 'org/app', tag });
  return { content, blobs, root, graph };
}
