import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { MemoryRepositories } from '../../src/registry-server/memory-repositories.ts';
import { errorCodes, runningRegistry, uploadBlob } from '../support/running-registry.ts';
import type { RunningRegistry } from '../support/running-registry.ts';
import { MemoryBlobs } from '../support/sample-images.ts';

const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('subject'), size: 7 };
const path = `/v2/org/app/referrers/${subject.digest}`;
const sbom = 'application/vnd.example.sbom';

describe('referrers', () => {
  test('are descriptors with type and annotations, in the order of their digests', async () => {
    const registry = await withConfig();
    const annotations = { 'org.example.note': 'ü' };
    const pushed = [
      await pushReferrer(registry, { artifactType: sbom, annotations }),
      await pushReferrer(registry, { annotations }),
      await pushReferrer(registry, {}, mediaTypes.ociIndex),
      await pushReferrer(registry, { artifactType: sbom }, mediaTypes.ociIndex),
    ];
    const expected = [
      { ...pushed[0], artifactType: sbom, annotations },
      // Without a type of its own an image is what its config is, and an image index is nothing.
      { ...pushed[1], artifactType: mediaTypes.ociConfig, annotations },
      { ...pushed[2] },
      { ...pushed[3], artifactType: sbom },
    ];
    const response = await registry.send(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(mediaTypes.ociIndex);
    expect(response.headers.get('oci-filters-applied')).toBeNull();
    const body: { manifests: { digest: string }[] } = JSON.parse(await response.text());
    expect(body).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.ociIndex });
    const inOrder = expected.toSorted((left, right) => ((left.digest ?? '') < (right.digest ?? '') ? -1 : 1));
    expect(body.manifests).toEqual(inOrder);
  });

  test('are filtered by type, and the answer says so', async () => {
    const registry = await withConfig();
    const wanted = await pushReferrer(registry, { artifactType: sbom });
    await pushReferrer(registry, { artifactType: 'application/vnd.example.signature' });
    const response = await registry.send(`${path}?artifactType=${encodeURIComponent(sbom)}`);
    expect(response.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(await response.json()).toMatchObject({ manifests: [{ digest: wanted.digest }] });
    const none = await registry.send(`${path}?artifactType=none`);
    expect(await none.json()).toMatchObject({ manifests: [] });
  });

  test('are those of this repository and of this subject', async () => {
    const registry = await withConfig();
    await pushReferrer(registry, {});
    for (const other of [path.replace('org/app', 'org/other'), path.replace(subject.digest, digestOf('x'))]) {
      const response = await registry.send(other);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ manifests: [] });
    }
  });

  test('are none of a digest of another algorithm', async () => {
    const registry = await withConfig();
    const response = await registry.send(`/v2/org/app/referrers/sha512:${'0'.repeat(128)}`);
    expect([response.status, await response.json()]).toMatchObject([200, { manifests: [] }]);
  });

  test('are refused for what is no digest', async () => {
    const registry = await withConfig();
    const response = await registry.send('/v2/org/app/referrers/latest');
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
  });

  test('that were deleted are gone', async () => {
    const registry = await withConfig();
    const { digest } = await pushReferrer(registry, {});
    await registry.send(`/v2/org/app/manifests/${digest}`, { method: 'DELETE' });
    expect(await (await registry.send(path)).json()).toMatchObject({ manifests: [] });
  });

  test('that do not fit into one image index come in several, each once', async () => {
    const registry = await withConfig();
    const annotations = { large: 'x'.repeat(1_500_000) };
    const digests: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const filler = await pushReferrer(registry, { artifactType: name });
      const wanted = await pushReferrer(registry, {
        artifactType: sbom,
        annotations: { ...annotations, name },
      });
      expect(filler.digest).not.toBe(wanted.digest);
      digests.push(wanted.digest);
    }
    const pages = await followLinks(registry, `${path}?artifactType=${encodeURIComponent(sbom)}`);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(digests.toSorted());
  });
});

test('more referrers than are read for one answer have a link', async () => {
  const blobs = new MemoryBlobs();
  const repositories = new MemoryRepositories();
  const count = 1001;
  for (let number = 0; number < count; number += 1) {
    const manifest = blobs.addJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: [],
        subject,
        artifactType: sbom,
        number,
      },
      mediaTypes.ociIndex,
    );
    await repositories.putManifest('org/app', { ...manifest, subject: subject.digest });
  }
  const registry = await runningRegistry({ content: { blobs, repositories } });
  const pages = await followLinks(registry, `${path}?artifactType=${encodeURIComponent(sbom)}`);
  expect(pages.map((page) => page.length)).toEqual([1000, 1]);
  expect(new Set(pages.flat()).size).toBe(count);
});

async function withConfig() {
  const registry = await runningRegistry();
  await uploadBlob(registry, '{}');
  return registry;
}

async function pushReferrer(
  { send }: RunningRegistry,
  fields: object,
  mediaType: string = mediaTypes.ociManifest,
) {
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 };
  const content = mediaType === mediaTypes.ociIndex ? { manifests: [] } : { config, layers: [] };
  const body = JSON.stringify({ schemaVersion: 2, mediaType, ...content, subject, ...fields });
  const digest = digestOf(body);
  const response = await send(`/v2/org/app/manifests/${digest}`, {
    method: 'PUT',
    body,
    headers: { 'content-type': mediaType },
  });
  expect(response.headers.get('oci-subject')).toBe(subject.digest);
  return { mediaType, digest, size: Buffer.byteLength(body) };
}

async function followLinks({ send }: Pick<RunningRegistry, 'send'>, start: string): Promise<string[][]> {
  const pages: string[][] = [];
  let next: string | undefined = start;
  while (next !== undefined) {
    const response = await send(next);
    const text = await response.text();
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(response.headers.get('oci-filters-applied')).toBe('artifactType');
    const { manifests }: { manifests: { digest: string }[] } = JSON.parse(text);
    pages.push(manifests.map(({ digest }) => digest));
    next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return pages;
}
