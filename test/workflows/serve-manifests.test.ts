import { describe, expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { sbomType } from '../support/sample-companions.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { bundleFile, servingBundles } from '../support/serving-bundles.ts';

const sample = await sampleServedBundle();

const { app, amd64, nginx, local } = sample;

const servingSample = async () => await servingBundles([await bundleFile(sample.bytes)]);

describe('manifests', () => {
  test.each<[name: string, root: Descriptor]>([
    ['ghcr.io/org/app/manifests/1.0', app],
    ['org/app/manifests/1.0', app],
    [`ghcr.io/org/app/manifests/${app.digest}`, app],
    [`org/app/manifests/${amd64.digest}`, amd64],
    ['docker.io/library/nginx/manifests/1.27', nginx],
    ['library/nginx/manifests/1.27', nginx],
    ['localhost-5000/org/tool/manifests/2', local],
    ['org/tool/manifests/2', local],
    [`quay.io/org/pinned/manifests/${local.digest}`, local],
  ])('%s has the bytes of the bundle', async (name, { digest, mediaType }) => {
    const { send } = await servingSample();
    const response = await send(`/v2/${name}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(mediaType);
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    expect(digestOf(new Uint8Array(await response.arrayBuffer()))).toBe(digest);
    const head = await send(`/v2/${name}`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(sample.blobs.get(digest).length));
  });

  test('of another repository, and names that nothing has, are not found', async () => {
    const { send } = await servingSample();
    for (const name of [
      `library/nginx/manifests/${app.digest}`,
      'org/app/manifests/2.0',
      'nginx/manifests/1.27',
    ])
      expect((await send(`/v2/${name}`)).status).toBe(404);
  });

  test('are listed: each repository once, and tags under both names', async () => {
    const { send } = await servingSample();
    expect(await (await send('/v2/_catalog')).json()).toEqual({
      repositories: [
        'charts.example.com/stable/thing',
        'docker.io/library/nginx',
        'ghcr.io/org/app',
        'localhost-5000/org/tool',
        'quay.io/org/pinned',
      ],
    });
    const tags = ['1.0', fallbackTag(app.digest), `${fallbackTag(app.digest)}.sig`];
    for (const name of ['ghcr.io/org/app', 'org/app']) {
      const listed = await (await send(`/v2/${name}/tags/list`)).json();
      expect(listed).toMatchObject({ name, tags: expect.arrayContaining(tags) });
    }
    expect(await (await send('/v2/org/pinned/tags/list')).json()).toMatchObject({ tags: [] });
  });
});

describe('referrers', () => {
  test.each(['ghcr.io/org/app', 'org/app'])('of an image are listed under %s', async (name) => {
    const { send } = await servingSample();
    const response = await send(
      `/v2/${name}/referrers/${app.digest}?artifactType=${encodeURIComponent(sbomType)}`,
    );
    expect(response.headers.get('content-type')).toBe(mediaTypes.ociIndex);
    const list: { manifests: Descriptor[] } = JSON.parse(await response.text());
    expect(list.manifests).toMatchObject([{ artifactType: sbomType, mediaType: mediaTypes.ociManifest }]);
    const sbom = await send(`/v2/${name}/manifests/${list.manifests[0]?.digest}`);
    expect(await sbom.json()).toMatchObject({ subject: { digest: app.digest } });
  });

  test('of an image without any are none', async () => {
    const { send } = await servingSample();
    const response = await send(`/v2/library/nginx/referrers/${nginx.digest}`);
    expect(await response.json()).toMatchObject({ manifests: [] });
  });
});
