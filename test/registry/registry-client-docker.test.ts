import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import { acceptedManifestTypes, mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { createCredentialSource } from '../../src/registry/credentials.ts';
import { credentialsFor, pullingClient, readAll } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { runningDockerRegistry } from '../support/running-docker-registry.ts';
import { MemoryBlobs, addImage, addIndex } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

test('pulls a multi-arch image from docker-registry byte by byte as it was pushed', async () => {
  const registry = await runningDockerRegistry();
  const { blobs, root } = multiArchImage();
  await pushImage({ origin: `http://${registry.host}`, repository: 'org/app' }, blobs, { root, tag: '1.0' });
  const { client } = pullingClient();
  const reference = parseReference(`${registry.host}/org/app:1.0`);
  const resolved = await client.resolve(reference);
  expect(resolved).toEqual({ mediaType: root.mediaType, digest: root.digest, size: root.size });
  expect(registry.log()).not.toMatch(/GET \/v2\/org\/app\/manifests/);

  const fetch = async (descriptor: Descriptor) =>
    acceptedManifestTypes.includes(descriptor.mediaType)
      ? (await client.fetchManifest(reference, descriptor)).bytes
      : await client.fetchBlob(reference, descriptor);
  const graph = await walkImage('app', resolved, { fetch, platforms: undefined });
  expect(graph.platforms).toEqual(['linux/amd64', 'linux/arm64']);
  const reader = client.blobs(reference);
  const withRole = (role: string) =>
    graph.blobs.filter((blob) => blob.role === role).map(({ descriptor }) => descriptor);
  for (const layer of withRole('layer')) {
    expect(await readAll(await reader.open(layer))).toEqual(blobs.get(layer.digest));
    expect(await reader.sizeOf(layer.digest)).toBe(layer.size);
  }
  expect(withRole('layer')).toHaveLength(2);
  expect(Buffer.from(await fetch(resolved))).toEqual(blobs.get(root.digest));
});

test('Docker media types come as they are, and the digest decides over the tag', async () => {
  const registry = await runningDockerRegistry();
  const blobs = new MemoryBlobs();
  const target = { origin: `http://${registry.host}`, repository: 'org/app' };
  const docker = addImage(blobs, 'old', { docker: true });
  await pushImage(target, blobs, { root: docker, tag: 'moving' });
  await pushImage(target, blobs, { root: addImage(blobs, 'new'), tag: 'moving' });
  const { client } = pullingClient();
  const pinned = parseReference(`${registry.host}/org/app:moving@${docker.digest}`);
  expect(await client.resolve(pinned)).toMatchObject({
    digest: docker.digest,
    mediaType: mediaTypes.dockerManifest,
  });
  expect((await client.resolve(parseReference(`${registry.host}/org/app:moving`))).digest).not.toBe(
    docker.digest,
  );
});

test('what docker-registry does not have is not found, named as it was asked for', async () => {
  const registry = await runningDockerRegistry();
  const blobs = new MemoryBlobs();
  const target = { origin: `http://${registry.host}`, repository: 'org/app' };
  await pushImage(target, blobs, { root: addImage(blobs, 'x'), tag: '1' });
  const { client } = pullingClient();
  const tag = await rejection(client.resolve(parseReference(`${registry.host}/org/app:2`)));
  expect(tag).toMatchObject({ code: 'IMAGE_NOT_FOUND', kind: 'notFound' });
  expect(tag.message).toContain(`${registry.host}/org/app:2 was not found`);
  expect(tag.message).toContain('MANIFEST_UNKNOWN');
  const digest = digestOf('nothing');
  const missing = await rejection(client.resolve(parseReference(`${registry.host}/org/app@${digest}`)));
  expect(missing.message).toContain(`${registry.host}/org/app@${digest} was not found`);
  const repository = { registry: registry.host, repository: 'org/app' };
  expect(await client.blobs(repository).sizeOf(digest)).toBeUndefined();
  expect(await rejection(client.blobs(repository).open({ digest, size: 7 }))).toMatchObject({
    code: 'BLOB_NOT_FOUND',
  });
});

test('htpasswd: pushed by skopeo, pulled with a Docker config, refused with a wrong password', async () => {
  const login = { username: 'user', password: 's3cret:pass' };
  const registry = await runningDockerRegistry({ login });
  const { blobs, root } = multiArchImage();
  await skopeoPush(blobs, root, {
    destination: `docker://${registry.host}/org/app:1`,
    login: `${login.username}:${login.password}`,
  });
  const reference = parseReference(`${registry.host}/org/app:1`);
  const homeFolder = await temporaryFolder();
  await mkdir(join(homeFolder, '.docker'));
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const config = join(homeFolder, '.docker', 'config.json');
  await writeFile(config, JSON.stringify({ auths: { [`${registry.host}/org`]: { auth } } }));
  const credentials = createCredentialSource({ environment: {}, homeFolder });
  const { client } = pullingClient({ credentials });
  expect((await client.resolve(reference)).digest).toBe(root.digest);

  const wrong = pullingClient({ credentials: credentialsFor(registry.host, 'user', 's3cret-wrong') });
  const refused = await rejection(wrong.client.resolve(reference));
  expect(refused).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
  expect(refused.message).toContain('the credentials are those of the test');
  expect(refused.message).toContain(`${registry.host} answered 401`);
  expect(everythingShown(refused)).not.toContain('s3cret');
  expect(everythingShown(refused)).not.toContain(Buffer.from('user:s3cret-wrong').toString('base64'));

  const anonymous = await rejection(pullingClient().client.resolve(reference));
  expect(anonymous.message).toContain('no credentials');
});

test('TLS: refused as it is, taken with --ca-cert, taken with --insecure', async () => {
  const tls = await makeTlsFiles(await temporaryFolder());
  const registry = await runningDockerRegistry({ tls });
  const reference = parseReference(`${registry.host}/org/app:1`);
  const resolve = async (http: object) =>
    await rejection(
      pullingClient({ http: { plainHttpHosts: new Set(), ...http } }).client.resolve(reference),
    );
  expect((await resolve({})).code).toBe('TLS_CERTIFICATE');
  expect((await resolve({ caCertificates: [{ name: 'ca.pem', pem: tls.caPem }] })).code).toBe(
    'IMAGE_NOT_FOUND',
  );
  expect((await resolve({ insecureHosts: new Set([registry.host]) })).code).toBe('IMAGE_NOT_FOUND');
});

test('plain HTTP is spoken only to listed hosts', async () => {
  const registry = await runningDockerRegistry();
  const { client } = pullingClient({ http: { plainHttpHosts: new Set() } });
  const error = await rejection(client.resolve(parseReference(`${registry.host}/org/app:1`)));
  expect(error).toMatchObject({ code: 'NOT_TLS', kind: 'network' });
  expect(error.suggestions.join()).toContain(`--plain-http ${registry.host}`);
});

function multiArchImage() {
  const blobs = new MemoryBlobs();
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  const root = addIndex(
    blobs,
    platforms.map((platform) => addImage(blobs, `for ${platform.architecture}`, { platform })),
  );
  return { blobs, root };
}

/** Pushes through an OCI image layout on disk. */
async function skopeoPush(
  blobs: MemoryBlobs,
  root: Descriptor,
  { destination, login }: { destination: string; login: string },
): Promise<void> {
  const layout = await temporaryFolder();
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
  const fetch = async ({ digest }: Descriptor) => await Promise.resolve(blobs.get(digest));
  const graph = await walkImage('pushed', root, { fetch, platforms: undefined });
  for (const { descriptor } of graph.blobs) {
    const file = join(layout, 'blobs', 'sha256', digestHex(descriptor.digest));
    await writeFile(file, blobs.get(descriptor.digest));
  }
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }));
  const flags = ['--all', '--preserve-digests', '--dest-tls-verify=false', '--dest-creds', login];
  await promisify(execFile)('skopeo', ['copy', ...flags, `oci:${layout}`, destination]);
}
