import { describe, expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { bundleOf } from '../support/bundle-of.ts';
import { pushTo } from '../support/push-bundle.ts';
import { pushingClient } from '../support/pushing-client.ts';
import { runningDockerRegistry } from '../support/running-docker-registry.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { sampleBundleWithCompanions } from '../support/sample-companions.ts';
import { graphOf } from '../support/sample-images.ts';
import { bundleFile } from '../support/serving-bundles.ts';

describe('companions', () => {
  const listOf = async (host: string, subject: Digest): Promise<Descriptor[]> => {
    const response = await fetch(`http://${host}/v2/org/app/manifests/${fallbackTag(subject)}`, {
      headers: { accept: mediaTypes.ociIndex },
    });
    const list: { manifests: Descriptor[] } = JSON.parse(await response.text());
    return list.manifests;
  };

  /** An image whose SBOM was found by the API: there is no list in the bundle. */
  async function withSbomOnly() {
    const bundle = await sampleBundleWithCompanions();
    const { images } = bundle.plan.inventory;
    const root = images.find(({ reference }) => reference === 'ghcr.io/org/app:1.0');
    const sbom = images.find(({ artifactType }) => artifactType !== undefined);
    if (root === undefined || sbom === undefined) throw new Error('the sample has none');
    const origins = [{ kind: 'referrer' as const, of: root.reference, subject: root.digest }];
    const path = await bundleOf(bundle.blobs, [
      imageToBundle(root.reference, await graphOf(bundle.blobs, root)),
      { ...imageToBundle(sbom.reference, await graphOf(bundle.blobs, sbom)), origins },
    ]);
    return { path, root, sbom };
  }

  test('a registry without the API gets a list of referrers, made from the subjects', async () => {
    const { host } = await runningDockerRegistry();
    const { path, root, sbom } = await withSbomOnly();
    expect((await pushTo(host, [path])).result.failures).toEqual([]);
    expect(await listOf(host, root.digest)).toEqual([
      {
        mediaType: sbom.mediaType,
        digest: sbom.digest,
        size: sbom.size,
        artifactType: sbom.artifactType,
        annotations: { 'org.opencontainers.image.created': '2024-01-01T00:00:00Z' },
      },
    ]);
  });

  test('a list that is there already keeps what it has, also when all that is new was pushed before', async () => {
    const { host } = await runningDockerRegistry();
    const { path, root, sbom } = await withSbomOnly();
    const { pusher } = pushingClient();
    const other = digestOf('somebody else’s');
    const repository = { registry: host, repository: 'org/app' };
    await pushTo(host, [path]);
    // As if somebody else had written it meanwhile. docker-registry takes only what it has.
    const [entry] = await listOf(host, root.digest);
    const note = { ...entry, annotations: { note: other } };
    const own = { ...entry, digest: root.digest, size: root.size, mediaType: root.mediaType };
    for (const manifests of [[own], [own, note]]) {
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
      );
      const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.length };
      await pusher.putManifest(
        { repository, target: { tag: fallbackTag(root.digest) } },
        { descriptor, bytes },
      );
      await pushTo(host, [path]);
      const digests = (await listOf(host, root.digest)).map(({ digest }) => digest);
      expect(digests).toEqual([root.digest, sbom.digest]);
    }
    expect((await listOf(host, root.digest))[1]).toEqual(note);
  });

  test('a registry with the API lists them by itself, and gets no list', async () => {
    const { host, send } = await runningRegistry();
    const { path, root, sbom } = await withSbomOnly();
    await pushTo(host, [path]);
    const answer = await send(`/v2/org/app/referrers/${root.digest}`);
    expect(await answer.json()).toMatchObject({ manifests: [{ digest: sbom.digest }] });
    expect((await send(`/v2/org/app/manifests/${fallbackTag(root.digest)}`)).status).toBe(404);
  });

  test('a list of the bundle is not put in the place of another one', async () => {
    const { host } = await runningDockerRegistry();
    const bundle = await sampleBundleWithCompanions();
    const root = bundle.plan.inventory.images.find(({ reference }) => reference === 'ghcr.io/org/app:1.0');
    if (root === undefined) throw new Error('the sample has none');
    const path = await bundleFile(bundle.bytes);
    await pushTo(host, [path], { patterns: ['ghcr.io/org/app:1.0'] });
    const before = await listOf(host, root.digest);
    const own = { mediaType: root.mediaType, digest: root.digest, size: root.size };
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [own] }),
    );
    const { pusher } = pushingClient();
    await pusher.putManifest(
      {
        repository: { registry: host, repository: 'org/app' },
        target: { tag: fallbackTag(root.digest) },
      },
      {
        descriptor: { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.length },
        bytes,
      },
    );
    await pushTo(host, [path]);
    const digests = (await listOf(host, root.digest)).map(({ digest }) => digest);
    expect(digests).toEqual([root.digest, ...before.map(({ digest }) => digest)]);
    // Nothing changes any more, and that is what is told.
    const { result } = await pushTo(host, [path], { isDryRun: true });
    expect(result.images.filter(({ isPresent }) => !isPresent)).toEqual([]);
  });
});
