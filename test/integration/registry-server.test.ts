import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const login = { username: 'user', password: 's3cret' };

describe('skopeo', () => {
  test('pushes a multi-arch image and pulls it again with the same digests', async () => {
    const registry = await runningRegistry();
    const { layout, root, blobs, armImage } = await imageLayout();
    const pulled = join(await temporaryFolder(), 'pulled');
    const name = `docker://${registry.host}/org/team/app:1.0`;
    await skopeo('copy', '--all', '--preserve-digests', '--dest-tls-verify=false', `oci:${layout}`, name);
    await skopeo('copy', '--all', '--preserve-digests', '--src-tls-verify=false', name, `oci:${pulled}:1.0`);
    expect(await rootOf(pulled)).toBe(root.digest);
    for (const { descriptor } of (await graphOf(blobs, root)).blobs)
      expect(await readFile(blobPath(pulled, descriptor))).toEqual(blobs.get(descriptor.digest));
    const { stdout } = await skopeo('list-tags', '--tls-verify=false', name.replace(':1.0', ''));
    expect(JSON.parse(stdout)).toMatchObject({ Tags: ['1.0'] });
    const inspected = await skopeo(
      'inspect',
      '--raw',
      '--tls-verify=false',
      `${name.replace(':1.0', '')}@${armImage.digest}`,
    );
    expect(digestOf(inspected.stdout)).toBe(armImage.digest);
    expect(registry.failures).toEqual([]);
  });

  test('pushes from a folder, and copies within the registry without sending layers again', async () => {
    const registry = await runningRegistry();
    const { layout, root } = await imageLayout();
    const folder = join(await temporaryFolder(), 'dir');
    const name = `docker://${registry.host}/org/app:1.0`;
    const copy = `docker://${registry.host}/org/copy:2.0`;
    const flags = ['copy', '--all', '--preserve-digests', '--dest-tls-verify=false'];
    await skopeo(...flags, `oci:${layout}`, `dir:${folder}`);
    await skopeo(...flags, `dir:${folder}`, name);
    const before = registry.records.length;
    await skopeo(...flags, '--src-tls-verify=false', name, copy);
    const response = await registry.send('/v2/org/copy/manifests/2.0', { method: 'HEAD' });
    expect(response.headers.get('docker-content-digest')).toBe(root.digest);
    const requests = registry.records.slice(before);
    const mounted = requests.filter(({ method, status }) => method === 'POST' && status === 201);
    const sent = requests.filter(({ method }) => method === 'PATCH');
    // skopeo mounts the two layers, and sends the two configs again.
    expect([mounted.length, sent.length]).toEqual([2, 2]);
  });

  test('deletes an image', async () => {
    const registry = await runningRegistry();
    const { layout, root } = await imageLayout();
    const name = `docker://${registry.host}/org/app:1.0`;
    await skopeo('copy', '--all', '--dest-tls-verify=false', `oci:${layout}`, name);
    await skopeo('delete', '--tls-verify=false', name);
    expect((await registry.send(`/v2/org/app/manifests/${root.digest}`)).status).toBe(404);
  });

  test('logs in, and is refused with a wrong password', async () => {
    const registry = await runningRegistry({ login });
    const { layout } = await imageLayout();
    const flags = ['copy', '--all', '--dest-tls-verify=false', '--dest-creds'];
    const names = [`oci:${layout}`, `docker://${registry.host}/org/app:1.0`];
    await expect(skopeo(...flags, 'user:wrong', ...names)).rejects.toThrow(/unauthorized/i);
    await skopeo(...flags, 'user:s3cret', ...names);
    expect(await registry.content.repositories.listTags('org/app')).toEqual(['1.0']);
  });
});

test('podman pulls an image, and pushes it under another name', async () => {
  const registry = await runningRegistry();
  const { layout, amdImage, blobs } = await imageLayout();
  const storage = await temporaryFolder();
  const flags = podmanStorage(storage);
  const podman = async (...arguments_: readonly string[]) =>
    await run(requireTool('podman'), [...flags, ...arguments_]);
  const name = `${registry.host}/org/app:1.0`;
  await skopeo('copy', '--all', '--dest-tls-verify=false', `oci:${layout}`, `docker://${name}`);
  await podman('pull', '--tls-verify=false', '--arch', 'amd64', name);
  const { stdout } = await podman('image', 'inspect', '--format', '{{.Digest}} {{.Id}}', name);
  const manifest: { config: Descriptor } = JSON.parse(String(blobs.get(amdImage.digest)));
  expect(stdout.trim().split(' ')[1]).toBe(manifest.config.digest.replace('sha256:', ''));
  await podman('push', '--tls-verify=false', name, `docker://${registry.host}/org/pushed:2.0`);
  const pushed = await registry.send('/v2/org/pushed/manifests/2.0');
  expect(await pushed.json()).toMatchObject({ config: { digest: manifest.config.digest } });
  expect(registry.failures).toEqual([]);
});

async function skopeo(...arguments_: readonly string[]) {
  return await run(requireTool('skopeo'), arguments_, { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
}

/** A multi-arch image in an OCI image layout on disk; one layer is large. */
async function imageLayout() {
  const blobs = new MemoryBlobs();
  const amdImage = addImage(blobs, noise(3_000_000, 1));
  const armImage = addImage(blobs, 'arm', { platform: { os: 'linux', architecture: 'arm64' } });
  const root = addIndex(blobs, [amdImage, armImage]);
  const layout = await temporaryFolder();
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  for (const { descriptor } of (await graphOf(blobs, root)).blobs)
    await writeFile(blobPath(layout, descriptor), blobs.get(descriptor.digest));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }));
  return { layout, root, blobs, amdImage, armImage };
}

function blobPath(layout: string, { digest }: Descriptor): string {
  return join(layout, 'blobs/sha256', digestHex(digest));
}

async function rootOf(layout: string): Promise<string | undefined> {
  const index: { manifests: Descriptor[] } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  return index.manifests[0]?.digest;
}
