import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { maximumManifestSize } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { errorCodes, runningRegistry, uploadBlob } from '../support/running-registry.ts';
import type { RunningRegistry } from '../support/running-registry.ts';

const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] };

describe('taken', () => {
  test('by tag: the answer names its digest and where it is', async () => {
    const registry = await withConfig();
    const body = JSON.stringify(image);
    const response = await put(registry, '1.0', body);
    expect(response.status).toBe(201);
    expect(response.headers.get('docker-content-digest')).toBe(digestOf(body));
    const location = response.headers.get('location') ?? '';
    expect(location).toBe(`/v2/org/app/manifests/${digestOf(body)}`);
    expect(await (await registry.send(location)).text()).toBe(body);
  });

  test('by digest, without becoming a tag', async () => {
    const registry = await withConfig();
    const body = JSON.stringify(image);
    expect((await put(registry, digestOf(body), body)).status).toBe(201);
    expect(await (await registry.send('/v2/org/app/tags/list')).json()).toMatchObject({ tags: [] });
  });

  test('byte by byte, white space and unknown fields included', async () => {
    const registry = await withConfig();
    const body = JSON.stringify({ zebra: [1, 2], ...image, annotations: { a: 'ü' } }, null, 3);
    await put(registry, '1.0', body);
    expect(await (await registry.send('/v2/org/app/manifests/1.0')).text()).toBe(body);
  });

  test('with 4 MiB', async () => {
    const registry = await withConfig();
    const body = JSON.stringify(image).padEnd(maximumManifestSize);
    expect((await put(registry, '1.0', body)).status).toBe(201);
  });

  test('without a media type of its own', async () => {
    const registry = await withConfig();
    const { mediaType: _, ...bare } = image;
    expect((await put(registry, '1.0', JSON.stringify(bare))).status).toBe(201);
    const response = await registry.send('/v2/org/app/manifests/1.0');
    expect(response.headers.get('content-type')).toBe(mediaTypes.ociManifest);
  });

  test('with a Content-Type that has parameters', async () => {
    const registry = await withConfig();
    const type = `${mediaTypes.ociManifest}; charset=utf-8`;
    expect((await put(registry, '1.0', { type, text: JSON.stringify(image) })).status).toBe(201);
  });

  test('with layers that registries must not have', async () => {
    const registry = await withConfig();
    const layers = [
      'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    ].map((mediaType) => ({ mediaType, digest: digestOf(mediaType), size: 1 }));
    expect((await put(registry, '1.0', JSON.stringify({ ...image, layers }))).status).toBe(201);
  });

  test('with a subject that is not there, and says so', async () => {
    const registry = await withConfig();
    const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('subject'), size: 1 };
    const response = await put(registry, '1.0', JSON.stringify({ ...image, subject }));
    expect(response.status).toBe(201);
    expect(response.headers.get('oci-subject')).toBe(subject.digest);
  });

  test('an image index without entries', async () => {
    const registry = await withConfig();
    const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] });
    expect((await put(registry, '1.0', { type: mediaTypes.ociIndex, text: body })).status).toBe(201);
  });

  test('an image index with an entry of another kind, pushed as a blob', async () => {
    const registry = await withConfig();
    const entry = await uploadBlob(registry, 'opaque');
    expect((await putIndex(registry, [entry])).status).toBe(201);
  });
});

describe('refused', () => {
  test.each([
    ['what is no JSON', '{', 'MANIFEST_INVALID'],
    ['nothing', '', 'MANIFEST_INVALID'],
    ['what is no object', '[]', 'MANIFEST_INVALID'],
    ['what is no manifest', '{}', 'MANIFEST_INVALID'],
    ['both kinds at once', JSON.stringify({ ...image, manifests: [] }), 'MANIFEST_INVALID'],
    ['Docker schema 1', '{"schemaVersion":1}', 'MANIFEST_INVALID'],
    ['another media type', JSON.stringify({ ...image, mediaType: 'text/plain' }), 'MANIFEST_INVALID'],
    ['a subject without digest', JSON.stringify({ ...image, subject: {} }), 'MANIFEST_INVALID'],
  ])('%s', async (_, body, code) => {
    const registry = await withConfig();
    const response = await put(registry, '1.0', body);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual([code]);
    expect((await registry.send('/v2/org/app/manifests/1.0')).status).toBe(404);
  });

  test.each([mediaTypes.ociIndex, mediaTypes.dockerManifest, 'application/json', 'nonsense'])(
    'an OCI manifest that is sent as %s',
    async (type) => {
      const registry = await withConfig();
      const response = await put(registry, '1.0', { type, text: JSON.stringify(image) });
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(['MANIFEST_INVALID']);
    },
  );

  test('an index whose subject has no digest', async () => {
    const registry = await withConfig();
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], subject: 'x' };
    const response = await put(registry, '1.0', { type: mediaTypes.ociIndex, text: JSON.stringify(index) });
    expect(await errorCodes(response)).toEqual(['MANIFEST_INVALID']);
  });

  test('another digest than that of the bytes', async () => {
    const registry = await withConfig();
    const response = await put(registry, digestOf('other'), JSON.stringify(image));
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
  });

  test.each([
    ['.hidden', 'MANIFEST_INVALID'],
    ['a'.repeat(129), 'MANIFEST_INVALID'],
    ['a%20b', 'MANIFEST_INVALID'],
    ['..%5Cx', 'MANIFEST_INVALID'],
    ['sha256:abc', 'DIGEST_INVALID'],
    [`sha512:${'0'.repeat(128)}`, 'DIGEST_INVALID'],
  ])('as %s', async (reference, code) => {
    const registry = await withConfig();
    const response = await put(registry, reference, JSON.stringify(image));
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual([code]);
  });

  test('more than 4 MiB, however it comes; the connection stays', async () => {
    const registry = await withConfig();
    const body = new Uint8Array(maximumManifestSize + 1);
    const inits: RequestInit[] = [{ body }, { body: new Blob([body]).stream(), duplex: 'half' }];
    for (const init of inits) {
      const response = await registry.send('/v2/org/app/manifests/1.0', { ...init, method: 'PUT' });
      expect(response.status).toBe(413);
      expect(await errorCodes(response)).toEqual(['SIZE_INVALID']);
    }
    expect((await put(registry, '1.0', JSON.stringify(image))).status).toBe(201);
  });

  test('blobs that the repository does not have, each by name', async () => {
    const registry = await runningRegistry();
    const layer = await uploadBlob(registry, 'elsewhere', 'org/other');
    const response = await put(registry, '1.0', JSON.stringify({ ...image, layers: [layer] }));
    expect(response.status).toBe(400);
    const { errors }: { errors: { code: string; message: string }[] } = JSON.parse(await response.text());
    expect(errors.map(({ code }) => code)).toEqual(['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']);
    expect(errors.map(({ message }) => message.split(' ')[0])).toEqual([config.digest, layer.digest]);
  });

  test('a thousand missing layers are not all told', async () => {
    const registry = await withConfig();
    const layers = Array.from({ length: 1000 }, (_, position) => ({
      mediaType: mediaTypes.ociLayerGzip,
      digest: digestOf(String(position)),
      size: 1,
    }));
    const response = await put(registry, '1.0', JSON.stringify({ ...image, layers }));
    expect(await errorCodes(response)).toHaveLength(20);
  });

  test('a manifest as the layer of an image', async () => {
    const registry = await withConfig();
    const body = JSON.stringify(image);
    await put(registry, '1.0', body);
    const layer = { mediaType: mediaTypes.ociManifest, digest: digestOf(body), size: body.length };
    const response = await put(registry, '2.0', JSON.stringify({ ...image, layers: [layer] }));
    expect(await errorCodes(response)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  });

  test('a blob as an image of an image index', async () => {
    const registry = await withConfig();
    const response = await putIndex(registry, [{ ...config, mediaType: mediaTypes.ociManifest }]);
    expect(await errorCodes(response)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  });

  test('a sparse image index, unless they are accepted', async () => {
    const missing = { mediaType: mediaTypes.ociManifest, digest: digestOf('missing'), size: 7 };
    const refused = await putIndex(await runningRegistry(), [missing]);
    expect(refused.status).toBe(400);
    expect(await errorCodes(refused)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    const lenient = await runningRegistry({ acceptSparseIndexes: true });
    expect((await putIndex(lenient, [missing])).status).toBe(201);
    // Images stay complete.
    const incomplete = await put(lenient, '2.0', JSON.stringify(image));
    expect(await errorCodes(incomplete)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  });
});

async function withConfig() {
  const registry = await runningRegistry();
  await uploadBlob(registry, '{}');
  return registry;
}

async function put(
  { send }: RunningRegistry,
  reference: string,
  body: string | { readonly type: string; readonly text: string },
): Promise<Response> {
  const { type, text } = typeof body === 'string' ? { type: mediaTypes.ociManifest, text: body } : body;
  return await send(`/v2/org/app/manifests/${reference}`, {
    method: 'PUT',
    body: text,
    headers: { 'content-type': type },
  });
}

async function putIndex(registry: RunningRegistry, manifests: readonly object[]): Promise<Response> {
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
  return await put(registry, 'index', { type: mediaTypes.ociIndex, text: JSON.stringify(index) });
}
