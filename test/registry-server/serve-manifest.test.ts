import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { pushImage } from '../support/push-image.ts';
import { errorCodes, runningRegistry } from '../support/running-registry.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';

describe('a manifest', () => {
  test.each(['tag', 'digest'])('by %s has its bytes, media type, digest and length', async (by) => {
    const { registry, blobs, index } = await withImages();
    const path = `/v2/org/app/manifests/${by === 'tag' ? '1.0' : index.digest}`;
    const [get, head] = [await registry.send(path), await registry.send(path, { method: 'HEAD' })];
    expect(Buffer.from(await get.arrayBuffer())).toEqual(blobs.get(index.digest));
    expect(await head.text()).toBe('');
    for (const { status, headers } of [get, head]) {
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': mediaTypes.ociIndex,
        'content-length': String(index.size),
        'docker-content-digest': index.digest,
        etag: `"${index.digest}"`,
      });
    }
  });

  test('keeps the Docker media type it was pushed with', async () => {
    const { registry } = await withImages();
    const response = await registry.send('/v2/org/app/manifests/docker');
    expect(response.headers.get('content-type')).toBe(mediaTypes.dockerManifest);
  });

  test.each([mediaTypes.dockerManifest, 'text/html', 'application/json;q=0.1', 'not a media type'])(
    'comes as it is to a client that accepts %s',
    async (accept) => {
      const { registry, index } = await withImages();
      const response = await registry.send('/v2/org/app/manifests/1.0', { headers: { accept } });
      expect(response.status).toBe(200);
      expect(digestOf(Buffer.from(await response.arrayBuffer()))).toBe(index.digest);
    },
  );

  test('is not sent again to a client that has it', async () => {
    const { registry, index } = await withImages();
    const ask = async (tag: string) =>
      await registry.send('/v2/org/app/manifests/1.0', { headers: { 'if-none-match': tag } });
    expect((await ask(`"${index.digest}"`)).status).toBe(304);
    expect((await ask('"other"')).status).toBe(200);
  });

  test('a tag follows the last push', async () => {
    const { registry, blobs, index } = await withImages();
    const root = addImage(blobs, 'newer');
    await pushImage({ origin: registry.origin, repository: 'org/app' }, blobs, { root, tag: '1.0' });
    const tagged = await registry.send('/v2/org/app/manifests/1.0', { method: 'HEAD' });
    expect(tagged.headers.get('docker-content-digest')).toBe(root.digest);
    expect((await registry.send(`/v2/org/app/manifests/${index.digest}`)).status).toBe(200);
  });

  test.each([
    ['another tag', 'org/app/manifests/2.0', '404 MANIFEST_UNKNOWN'],
    ['another repository', 'org/other/manifests/1.0', '404 MANIFEST_UNKNOWN'],
    ['another digest', `org/app/manifests/${digestOf('x')}`, '404 MANIFEST_UNKNOWN'],
    ['another algorithm', `org/app/manifests/sha512:${'0'.repeat(128)}`, '404 MANIFEST_UNKNOWN'],
    ['what is no tag', 'org/app/manifests/.hidden', '404 MANIFEST_UNKNOWN'],
    ['what is no digest', 'org/app/manifests/sha256:x', '400 DIGEST_INVALID'],
  ])('%s is not found', async (_, path, answer) => {
    const { registry } = await withImages();
    for (const method of ['GET', 'DELETE']) {
      const response = await registry.send(`/v2/${path}`, { method });
      expect(`${response.status} ${(await errorCodes(response)).join()}`).toBe(answer);
    }
  });
});

describe('deleting', () => {
  test('a tag leaves the manifest', async () => {
    const { registry, index } = await withImages();
    expect((await registry.send('/v2/org/app/manifests/1.0', { method: 'DELETE' })).status).toBe(202);
    expect((await registry.send('/v2/org/app/manifests/1.0')).status).toBe(404);
    expect((await registry.send(`/v2/org/app/manifests/${index.digest}`)).status).toBe(200);
    expect(await tagsOf(registry)).toEqual(['docker', 'latest']);
  });

  test('a manifest takes its tags along, and only them', async () => {
    const { registry, index } = await withImages();
    const path = `/v2/org/app/manifests/${index.digest}`;
    expect((await registry.send(path, { method: 'DELETE' })).status).toBe(202);
    for (const name of [index.digest, '1.0', 'latest'])
      expect((await registry.send(`/v2/org/app/manifests/${name}`)).status).toBe(404);
    expect(await tagsOf(registry)).toEqual(['docker']);
  });
});

async function tagsOf({ send }: Awaited<ReturnType<typeof runningRegistry>>): Promise<unknown> {
  const body: { tags: unknown } = JSON.parse(await (await send('/v2/org/app/tags/list')).text());
  return body.tags;
}

/** `1.0` and `latest` are a multi-arch image, `docker` one with Docker's media types. */
async function withImages() {
  const registry = await runningRegistry();
  const blobs = new MemoryBlobs();
  const index = addIndex(blobs, [
    addImage(blobs, 'amd'),
    addImage(blobs, 'arm', { platform: { os: 'linux', architecture: 'arm64' } }),
  ]);
  const target = { origin: registry.origin, repository: 'org/app' };
  await pushImage(target, blobs, { root: index, tag: '1.0' });
  await pushImage(target, blobs, { root: index, tag: 'latest' });
  await pushImage(target, blobs, { root: addImage(blobs, 'docker', { docker: true }), tag: 'docker' });
  return { registry, blobs, index };
}
