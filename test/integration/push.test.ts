import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { bundleOf } from '../support/bundle-of.ts';
import { helm } from '../support/helm.ts';
import { pushTo } from '../support/push-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { runningDockerRegistry } from '../support/running-docker-registry.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { imageToBundle, noise } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { bundleFile } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

const sample = await sampleServedBundle();

const { app, amd64, nginx, local, chart } = sample;

const registries = [
  ['docker-registry', runningDockerRegistry],
  ['our own', runningRegistry],
] as const;

/** The digest of what a tag or digest stands for. */
async function digestAt(host: string, name: string): Promise<Digest | undefined> {
  const accept = [mediaTypes.ociIndex, mediaTypes.ociManifest, mediaTypes.dockerManifest].join(', ');
  const response = await fetch(`http://${host}/v2/${name}`, { headers: { accept } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return response.status === 200 ? digestOf(bytes) : undefined;
}

describe.each(registries)('%s', (_name, start) => {
  test('has everything under its names, byte by byte', async () => {
    const { host } = await start();
    const { result } = await pushTo(host, [await bundleFile(sample.bytes)], { prefix: 'edge' });
    expect(result.failures).toEqual([]);
    expect(result.images).toHaveLength(9);
    const expected = {
      'edge/org/app/manifests/1.0': app.digest,
      [`edge/org/app/manifests/${amd64.digest}`]: amd64.digest,
      'edge/library/nginx/manifests/1.27': nginx.digest,
      'edge/org/tool/manifests/2': local.digest,
      [`edge/org/pinned/manifests/${local.digest}`]: local.digest,
    };
    for (const [name, digest] of Object.entries(expected))
      expect([name, await digestAt(host, name)]).toEqual([name, digest]);
    for (const { descriptor } of (await graphOf(sample.blobs, amd64)).blobs) {
      const kind = descriptor.digest === amd64.digest ? 'manifests' : 'blobs';
      expect(await digestAt(host, `edge/org/app/${kind}/${descriptor.digest}`)).toBe(descriptor.digest);
    }
  });

  test('is sent nothing that it has', async () => {
    const { host } = await start();
    const path = await bundleFile(sample.bytes);
    const first = await pushTo(host, [path]);
    const { bytesToSend, bytesSent, blobsMounted } = first.result.statistics;
    expect(bytesSent).toBe(bytesToSend);
    // The image that has two names.
    expect(blobsMounted).toBe(2);
    const second = await pushTo(host, [path]);
    expect(second.result.statistics).toMatchObject({
      bytesToSend: 0,
      bytesPresent: bytesToSend,
      bytesSent: 0,
      blobsUploaded: 0,
      blobsMounted: 0,
    });
    expect(second.result.images.every(({ isPresent }) => isPresent)).toBe(true);
  });

  test('a dry run says what would be sent, and sends nothing', async () => {
    const { host } = await start();
    const path = await bundleFile(sample.bytes);
    const { result } = await pushTo(host, [path], { isDryRun: true });
    expect(result.statistics.bytesToSend).toBeGreaterThan(700_000);
    expect(result.statistics.bytesSent).toBe(0);
    expect(await digestAt(host, 'org/app/manifests/1.0')).toBeUndefined();
    const catalog = await fetch(`http://${host}/v2/_catalog`);
    expect(await catalog.json()).toMatchObject({ repositories: [] });
  });

  test('a tag that stood for something else is told', async () => {
    const { host } = await start();
    const blobs = new MemoryBlobs();
    const old = addImage(blobs, 'old');
    const name = 'docker.io/library/nginx:1.27';
    await pushTo(host, [await bundleOf(blobs, [imageToBundle(name, await graphOf(blobs, old))])]);
    const { result } = await pushTo(host, [await bundleFile(sample.bytes)], { patterns: ['nginx'] });
    expect(result.images).toMatchObject([{ reference: name, replaces: old.digest, isPresent: false }]);
    expect(await digestAt(host, 'library/nginx/manifests/1.27')).toBe(nginx.digest);
  });

  test('skopeo reads all platforms, with the digests of the bundle', async () => {
    const { host } = await start();
    await pushTo(host, [await bundleFile(sample.bytes)]);
    const layout = join(await temporaryFolder(), 'layout');
    const flags = ['copy', '--all', '--preserve-digests', '--src-tls-verify=false'];
    await run(requireTool('skopeo'), [...flags, `docker://${host}/org/app:1.0`, `oci:${layout}:copy`]);
    const index: { manifests: Descriptor[] } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
    expect(index.manifests.map(({ digest }) => digest)).toEqual([app.digest]);
    for (const { descriptor } of (await graphOf(sample.blobs, app)).blobs) {
      const copied = await readFile(join(layout, 'blobs/sha256', digestHex(descriptor.digest)));
      expect(copied.equals(sample.blobs.get(descriptor.digest))).toBe(true);
    }
  });

  test('Helm pulls a chart as it was packaged', async () => {
    const { host } = await start();
    await pushTo(host, [await bundleFile(sample.bytes)]);
    const folder = await temporaryFolder();
    const from = `oci://${host}/stable/thing`;
    await helm(folder, 'pull', from, '--version', '1.2.3+b5', '--plain-http', '--destination', folder);
    expect(digestOf(await readFile(join(folder, 'thing-1.2.3+b5.tgz')))).toBe(digestOf(chart));
  });
});

describe('sparse image indexes', () => {
  async function sparse() {
    const blobs = new MemoryBlobs();
    const own = addImage(blobs, 'amd64');
    const other = addImage(blobs, 'arm64', { platform: { os: 'linux', architecture: 'arm64' } });
    const index = addIndex(blobs, [own, other]);
    const platforms = [{ os: 'linux', architecture: 'amd64' }];
    const graph = await graphOf(blobs, index, platforms);
    return { path: await bundleOf(blobs, [imageToBundle('ghcr.io/org/app:1', graph)]), index, own };
  }

  test('a registry that refuses them: the platform to name is told', async () => {
    const { host } = await runningDockerRegistry();
    const { path } = await sparse();
    const error = await rejection(pushTo(host, [path]));
    expect(error).toMatchObject({ code: 'PUSH_FAILED' });
    expect(error.message).toContain('left out are linux/arm64');
    expect(error.suggestions.join()).toContain('--platform linux/amd64');
  });

  test('a platform that no image has: nothing is pushed, whatever companions there are', async () => {
    const { host } = await runningDockerRegistry();
    const path = await bundleFile(sample.bytes);
    const platform = { os: 'linux', architecture: 's390x' };
    const error = await rejection(pushTo(host, [path], { platform, patterns: ['ghcr.io/org/app:1.0'] }));
    expect(error).toMatchObject({ code: 'PUSH_FAILED', kind: 'notFound' });
  });

  test('with a platform its manifest has the tag', async () => {
    const { host } = await runningDockerRegistry();
    const { path, own } = await sparse();
    const { result } = await pushTo(host, [path], { platform: { os: 'linux', architecture: 'amd64' } });
    expect(result.images).toMatchObject([{ digest: own.digest }]);
    expect(await digestAt(host, 'org/app/manifests/1')).toBe(own.digest);
  });

  test('a registry that takes them has the index', async () => {
    const { host } = await runningRegistry({ acceptSparseIndexes: true });
    const { path, index } = await sparse();
    await pushTo(host, [path]);
    expect(await digestAt(host, 'org/app/manifests/1')).toBe(index.digest);
  });

  test('companions of what is not pushed stay behind, and an image without the platform fails', async () => {
    const { host } = await runningDockerRegistry();
    const path = await bundleFile(sample.bytes);
    const platform = { os: 'linux', architecture: 'arm64' };
    const { result } = await pushTo(host, [path], { platform });
    expect(result.images.map(({ reference }) => reference)).toEqual([
      'charts.example.com/stable/thing:1.2.3_b5',
      'ghcr.io/org/app:1.0',
    ]);
    expect(result.failures.map(({ code }) => code)).toEqual(Array(3).fill('PLATFORM_MISSING'));
  });
});

test('a manifest that is a layer elsewhere is there as both', async () => {
  const blobs = new MemoryBlobs();
  const inner = addImage(blobs, 'inner');
  const config = blobs.addJson({}, mediaTypes.ociEmpty);
  const { digest, size } = inner;
  const layers = [{ mediaType: mediaTypes.ociManifest, digest, size }, blobs.add('', 'text/plain')];
  const outer = blobs.addJson(
    { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
    mediaTypes.ociManifest,
  );
  const path = await bundleOf(blobs, [
    imageToBundle('ghcr.io/org/app:inner', await graphOf(blobs, inner)),
    imageToBundle('ghcr.io/org/app:outer', await graphOf(blobs, outer)),
  ]);
  const { host } = await runningDockerRegistry();
  const { result } = await pushTo(host, [path]);
  expect(result.failures).toEqual([]);
  expect(await digestAt(host, `org/app/manifests/${digest}`)).toBe(digest);
  expect(await digestAt(host, `org/app/blobs/${digest}`)).toBe(digest);
});

test('a damaged blob fails its images, and the others are pushed', async () => {
  const blobs = new MemoryBlobs();
  const large = addImage(blobs, noise(300_000, 7));
  const small = addImage(blobs, 'small');
  const images = [
    imageToBundle('ghcr.io/org/large:1', await graphOf(blobs, large)),
    imageToBundle('ghcr.io/org/small:1', await graphOf(blobs, small)),
  ];
  const path = await bundleOf(blobs, images);
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 100_000) ^ 1, bytes.length - 100_000);
  await writeFile(path, bytes);
  const { host } = await runningDockerRegistry();
  const { result } = await pushTo(host, [path]);
  expect(result.failures).toMatchObject([{ reference: 'ghcr.io/org/large:1', code: 'BUNDLE_DAMAGED' }]);
  expect(result.images.map(({ reference }) => reference)).toEqual(['ghcr.io/org/small:1']);
  expect(await digestAt(host, 'org/small/manifests/1')).toBe(small.digest);
  expect(await digestAt(host, 'org/large/manifests/1')).toBeUndefined();
});

test('layers that registries need not have go along: the site cannot follow their links', async () => {
  const blobs = new MemoryBlobs();
  const layer = {
    ...blobs.add(noise(2000, 5), 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
    urls: ['https://links.example.com/layer'],
  };
  const config = blobs.addJson({ os: 'windows', architecture: 'amd64' }, mediaTypes.dockerConfig);
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config, layers: [layer] };
  const root = blobs.addJson(manifest, mediaTypes.dockerManifest);
  const path = await bundleOf(blobs, [imageToBundle('ghcr.io/org/win:1', await graphOf(blobs, root))]);
  const { host } = await runningRegistry();
  expect((await pushTo(host, [path])).result.failures).toEqual([]);
  expect(await digestAt(host, `org/win/blobs/${layer.digest}`)).toBe(layer.digest);
  // docker-registry takes no manifests with links, unless it is told which ones.
  const strict = await runningDockerRegistry();
  const error = await rejection(pushTo(strict.host, [path]));
  expect(error.message).toContain('MANIFEST_BLOB_UNKNOWN');
});
