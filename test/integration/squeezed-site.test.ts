import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, onTestFinished, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { VerifyIsoResult } from '../../src/workflows/verify-iso.ts';
import type { ExtractResult } from '../../src/workflows/extract-bundle.ts';
import type { LoadResult } from '../../src/workflows/load-bundle.ts';
import { startContainerd } from '../support/containerd.ts';
import { cliEntry } from '../support/cli-entry.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { goProgram } from '../support/go-program.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { pushTo } from '../support/push-bundle.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCliJson } from '../support/run-cli.ts';
import { imageToBundle, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { bundleFile, servingBundles } from '../support/serving-bundles.ts';
import {
  addLayeredImage,
  gzipLayer,
  squeezable,
  squeezableBundle,
  tarWith,
  wordyText,
} from '../support/squeezable-bundle.ts';
import { squeezedBytes } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const sample = await squeezableBundle({ length: 120_000 });
const squeezed = await squeezedBytes(sample.bytes);
const { images } = sample.plan.inventory;
const roots = new Map(images.map(({ reference, digest }) => [reference, digest]));
const { multi, docker, twice, single, sparse } = squeezable;

const squeezedFile = async (name = 'edge.squeezed.tar.zst') => await bundleFile(squeezed, name);
const serving = async () => await servingBundles([await squeezedFile()]);

/** The first layer of the first image. */
const layer = layerOf(rootOf(multi));
const layerPath = `/v2/ghcr.io/org/multi/blobs/${layer.digest}`;
const layerBytes = sample.blobs.get(layer.digest);

/** What skopeo copied: every blob of it is that of the sample. @returns the digest of the root */
async function copiedDigest(layout: string, root: Digest): Promise<string> {
  const graph = await graphOf(sample.blobs, describedRoot(root));
  for (const { descriptor } of graph.blobs) {
    const copied = await readFile(join(layout, 'blobs/sha256', digestHex(descriptor.digest)));
    expect(copied.equals(sample.blobs.get(descriptor.digest)), `of ${descriptor.digest}`).toBe(true);
  }
  const index: { manifests: Descriptor[] } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  return index.manifests.map(({ digest }) => digest).join();
}

function layerOf(index: Digest): Descriptor {
  const [first] = JSON.parse(String(sample.blobs.get(index))).manifests;
  const [descriptor]: [Descriptor] = JSON.parse(String(sample.blobs.get(first.digest))).layers;
  return descriptor;
}

function describedRoot(digest: Digest): Descriptor {
  const image = images.find((each) => each.digest === digest);
  if (image === undefined) throw new Error(`no image ${digest}`);
  return image;
}

function rootOf(name: string): Digest {
  const digest = roots.get(name);
  if (digest === undefined) throw new Error(`no image ${name}`);
  return digest;
}

describe('serve', () => {
  test('gives skopeo, crane and podman the original bytes, all at once', async () => {
    const { host, failures } = await serving();
    const [layout, folder] = [join(await temporaryFolder(), 'layout'), await temporaryFolder()];
    const all = ['copy', '--all', '--preserve-digests', '--src-tls-verify=false'];
    const storage = podmanStorage(folder);
    const name = `${host}/${docker}`;
    const [, , manifest] = await Promise.all([
      run(requireTool('skopeo'), [...all, `docker://${host}/${multi}`, `oci:${layout}:x`]),
      run(goProgram('crane'), [
        'pull',
        '--insecure',
        '--format=oci',
        `${host}/${twice}`,
        join(folder, 'crane'),
      ]),
      run(goProgram('crane'), ['digest', '--insecure', `${host}/${single}`]),
      run(requireTool('podman'), [...storage, 'pull', '--tls-verify=false', name]),
    ]);
    expect(await copiedDigest(layout, rootOf(multi))).toBe(rootOf(multi));
    expect(await copiedDigest(join(folder, 'crane'), rootOf(twice))).toBe(rootOf(twice));
    expect(manifest.stdout.trim()).toBe(rootOf(single));
    const inspected = await run(requireTool('podman'), [
      ...storage,
      'image',
      'inspect',
      '--format',
      '{{.Digest}}',
      name,
    ]);
    expect(inspected.stdout.trim()).toBe(rootOf(docker));
    expect(failures).toEqual([]);
  });

  test('answers HEAD with the size of the gzip, and ranges with parts of it', async () => {
    const { send, failures } = await serving();
    const head = await send(layerPath, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(layer.size));
    const middle = Math.floor(layer.size / 2);
    const ranges = [
      [`bytes=${middle}-`, middle, layer.size],
      ['bytes=0-99', 0, 100],
      [`bytes=${layer.size - 1}-`, layer.size - 1, layer.size],
      ['bytes=-10', layer.size - 10, layer.size],
    ] as const;
    for (const [range, start, end] of ranges) {
      const part = await send(layerPath, { headers: { range } });
      expect(part.status, `of ${range}`).toBe(206);
      expect(
        Buffer.from(await part.arrayBuffer()).equals(layerBytes.subarray(start, end)),
        `of ${range}`,
      ).toBe(true);
    }
    expect((await send(layerPath, { headers: { range: `bytes=${layer.size}-` } })).status).toBe(416);
    expect(failures).toEqual([]);
  });

  test('goes on for the others when a client goes away in the middle', async () => {
    const { send, failures } = await serving();
    const gone = new AbortController();
    const [leaving, ...staying] = await Promise.all(
      Array.from(
        { length: 6 },
        async (_, index) => await send(layerPath, index === 0 ? { signal: gone.signal } : {}),
      ),
    );
    const read = leaving?.body?.getReader();
    await read?.read();
    gone.abort();
    for (const response of staying)
      expect(Buffer.from(await response.arrayBuffer()).equals(layerBytes)).toBe(true);
    const later = await send(layerPath);
    expect(Buffer.from(await later.arrayBuffer()).equals(layerBytes)).toBe(true);
    expect(failures).toEqual([]);
  });

  test('reads it out of an ISO image, which verifies', async () => {
    const bundle = await squeezedFile();
    const output = join(await temporaryFolder(), 'stick.iso');
    await makeIso([bundle], { output });
    const cwd = await temporaryFolder();
    const { problems } = await runCliJson<VerifyIsoResult>(['iso', 'verify', output], { cwd });
    expect(problems).toEqual([]);
    const { send } = await servingBundles([output]);
    expect(digestOf(Buffer.from(await (await send(layerPath)).arrayBuffer()))).toBe(layer.digest);
  });
});

test('push gives docker-registry the original digests', async () => {
  const registry = await startDockerRegistry();
  onTestFinished(async () => await registry.stop());
  const { result } = await pushTo(registry.host, [await squeezedFile()], { keepsRegistry: true });
  // The registry takes no index that is sparse.
  expect(result.failures.map(({ reference }) => reference)).toEqual([sparse]);
  for (const name of [multi, twice]) {
    const layout = join(await temporaryFolder(), 'layout');
    const flags = ['copy', '--all', '--preserve-digests', '--src-tls-verify=false'];
    await run(requireTool('skopeo'), [...flags, `docker://${registry.host}/${name}`, `oci:${layout}:x`]);
    expect(await copiedDigest(layout, rootOf(name))).toBe(rootOf(name));
  }
});

test('load gives containerd the original digests', async () => {
  const address = await startContainerd();
  const args = ['load', await squeezedFile(), '--into', 'containerd', '--address', address];
  const { failures } = await runCliJson<LoadResult>(args, { cwd: await temporaryFolder() });
  expect(failures).toEqual([]);
  const { stdout } = await run(requireTool('ctr'), ['-a', address, '-n', 'k8s.io', 'images', 'ls']);
  for (const name of [multi, docker, twice, single, sparse])
    expect(stdout).toMatch(new RegExp(`^${name} .*${rootOf(name)}`, 'm'));
});

describe('extract', () => {
  test('gives everything as it was, from a file and from standard input', async () => {
    const bundle = await squeezedFile();
    const cwd = await temporaryFolder();
    await runCliJson<ExtractResult>(['extract', bundle, '--all', 'all'], { cwd });
    const { blobs } = sample.plan.inventory;
    for (const { digest } of blobs.filter(({ role }) => role !== 'file'))
      expect(digestOf(await readFile(join(cwd, 'all/blobs/sha256', digestHex(digest))))).toBe(digest);
    const args = ['--image', single, '--format', 'oci-archive', '--output', 'one.tar'];
    await runCliJson(['extract', bundle, ...args], { cwd });
    const place = `oci-archive:${join(cwd, 'one.tar')}:${single}`;
    const { stdout } = await run(requireTool('skopeo'), ['inspect', '--raw', place]);
    expect(digestOf(stdout)).toBe(rootOf(single));
  });

  test('takes what arrives through a pipe', async () => {
    const bundle = await squeezedFile();
    const cwd = await temporaryFolder();
    const piped = async (...args: readonly string[]) =>
      await run('sh', ['-c', `"$0" "$@" < '${bundle}'`, process.execPath, cliEntry, ...args], { cwd });
    expect((await piped('verify', '-')).stdout).toContain('is whole');
    const inspected: { id: string } = JSON.parse((await piped('inspect', '-', '--json')).stdout);
    expect(inspected.id).toBe((await runCliJson<{ id: string }>(['inspect', bundle], { cwd })).id);
    await piped('extract', '-', '--image', single, '--output', 'one');
    expect(digestOf(await readFile(join(cwd, 'one/blobs/sha256', digestHex(rootOf(single)))))).toBe(
      rootOf(single),
    );
    await expect(piped('extract', '-', '--all', 'all')).rejects.toThrow('SAME_TAR_TWICE');
  });
});

test('a signature made of an original manifest digest verifies for whoever pulls', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const blobs = new MemoryBlobs();
  const root = addLayeredImage(blobs, [gzipLayer(tarWith(wordyText(60_000, 3)))]);
  const signatureRoot = signed(blobs, root.digest, (payload) => sign('sha256', payload, privateKey));
  const content = await sampleContent(new MemoryBlobs());
  const signature = {
    reference: parseReference(`ghcr.io/org/app:${fallbackTag(root.digest)}.sig`),
    origins: [{ kind: 'referrer', of: 'ghcr.io/org/app:1', subject: root.digest } as const],
    graph: await graphOf(blobs, signatureRoot),
  };
  const app = imageToBundle('ghcr.io/org/app:1', await graphOf(blobs, root));
  const { bytes } = await writeSample({ ...content, images: [app, signature] }, blobs);
  const { host } = await servingBundles([await bundleFile(await squeezedBytes(bytes))]);
  const folder = await temporaryFolder();
  const copy = async (tag: string, name: string) =>
    await run(requireTool('skopeo'), [
      'copy',
      '--src-tls-verify=false',
      `docker://${host}/ghcr.io/org/app:${tag}`,
      `dir:${join(folder, name)}`,
    ]);
  await copy('1', 'image');
  const pulled = digestOf(await readFile(join(folder, 'image', 'manifest.json')));
  await copy(`${fallbackTag(pulled)}.sig`, 'signature');
  const manifest = JSON.parse(await readFile(join(folder, 'signature', 'manifest.json'), 'utf8'));
  const [{ digest, annotations }] = manifest.layers;
  const payload = await readFile(join(folder, 'signature', digestHex(digest)));
  const made = Buffer.from(annotations['dev.cosignproject.cosign/signature'], 'base64');
  expect(verify('sha256', payload, publicKey, made)).toBe(true);
  expect(JSON.parse(String(payload)).critical.image['docker-manifest-digest']).toBe(pulled);
  const [pulledLayer] = JSON.parse(await readFile(join(folder, 'image', 'manifest.json'), 'utf8')).layers;
  const gzip = await readFile(join(folder, 'image', digestHex(pulledLayer.digest)));
  expect(createHash('sha256').update(gzip).digest('hex')).toBe(digestHex(pulledLayer.digest));
});

/** A signature as cosign keeps it: the payload as a layer, what signs it in an annotation (cosign, SIGNATURE_SPEC.md). */
function signed(blobs: MemoryBlobs, subject: Digest, signer: (payload: Buffer) => Buffer): Descriptor {
  const identity = { 'docker-reference': 'ghcr.io/org/app' };
  const critical = {
    identity,
    image: { 'docker-manifest-digest': subject },
    type: 'cosign container image signature',
  };
  const payload = Buffer.from(JSON.stringify({ critical, optional: null }));
  const layers = [
    {
      ...blobs.add(payload, 'application/vnd.dev.cosign.simplesigning.v1+json'),
      annotations: { 'dev.cosignproject.cosign/signature': signer(payload).toString('base64') },
    },
  ];
  const rootfs = { type: 'layers', diff_ids: [digestOf(payload)] };
  const config = blobs.addJson({ architecture: '', os: '', config: {}, rootfs }, mediaTypes.ociConfig);
  return blobs.addJson(
    { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
    mediaTypes.ociManifest,
  );
}
