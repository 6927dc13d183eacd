import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { extract } from 'tar-stream';
import { expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { demoImages } from '../../src/workflows/demo-images.ts';
import type { DemoImage } from '../../src/workflows/demo-images.ts';
import { resolveImages } from '../../src/workflows/resolve-images.ts';

const images = demoImages();

function contentsOf({ blobs, manifests }: DemoImage): Map<string, Uint8Array> {
  return new Map([...blobs, ...manifests].map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
}

async function graphOf(image: DemoImage) {
  const contents = contentsOf(image);
  const fetch = async ({ digest }: Descriptor) =>
    await Promise.resolve(contents.get(digest) ?? Buffer.alloc(0));
  return await walkImage(image.repository, image.root, { fetch, platforms: undefined });
}

test("the images are those that the demo's profiles name", async () => {
  const profiles = ['edge-infra.yaml', 'shop-addon.yaml'].map((name) =>
    fileURLToPath(new URL(`../../fixtures/demo/${name}`, import.meta.url)),
  );
  const resolved = await resolveImages({
    profiles,
    images: [],
    imagesFiles: [],
    manifests: [],
    variables: new Map([['Registry', '127.0.0.1:5000']]),
    macros: new Map(),
  });
  const made = images.map(({ repository, tag }) => `127.0.0.1:5000/${repository}:${tag}`);
  expect(resolved.images.map(({ name }) => name)).toEqual(made.toSorted());
  for (const name of made) expect(parseReference(name).registry).toBe('127.0.0.1:5000');
});

test('every descriptor has the digest and size of its bytes', () => {
  for (const { descriptor, bytes } of images.flatMap(({ blobs, manifests }) => [...blobs, ...manifests])) {
    expect({ digest: digestOf(bytes), size: bytes.length }).toEqual({
      digest: descriptor.digest,
      size: descriptor.size,
    });
  }
});

test('each is a whole image index of two platforms, and has nothing that is not part of it', async () => {
  for (const image of images) {
    const graph = await graphOf(image);
    expect(graph).toMatchObject({
      platforms: ['linux/amd64', 'linux/arm64'],
      omittedPlatforms: [],
      missingPlatforms: [],
    });
    expect(graph.blobs.map(({ descriptor }) => descriptor.digest).toSorted()).toEqual(
      [...contentsOf(image).keys()].toSorted(),
    );
    expect(graph.images.map(({ layers }) => layers.length)).toEqual([2, 2]);
  }
});

test('each manifest comes after what it names, as a registry wants it', () => {
  for (const { manifests, root } of images) {
    expect(manifests.at(-1)?.descriptor).toEqual(root);
    const earlier = new Set<string>();
    for (const { descriptor, bytes } of manifests) {
      const manifest = parseManifest(bytes, descriptor.mediaType, 'a manifest');
      const named = manifest.kind === 'index' ? manifest.manifests.map(({ digest }) => digest) : [];
      expect([...earlier]).toEqual(expect.arrayContaining(named));
      earlier.add(descriptor.digest);
    }
  }
});

test('a layer is a gzip of a tar with one file, and its config knows the digest of the tar', async () => {
  for (const image of images) {
    const contents = contentsOf(image);
    for (const { config, layers } of (await graphOf(image)).images) {
      const tars = layers.map(({ digest }) => gunzipSync(contents.get(digest) ?? Buffer.alloc(0)));
      const text = Buffer.from(contents.get(config.digest) ?? []).toString('utf8');
      expect(JSON.parse(text)).toMatchObject({
        rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
      });
      expect(await Promise.all(tars.map(namesIn))).toEqual([
        ['etc/os-release'],
        [`usr/bin/${image.repository.split('/').at(-1)}`],
      ]);
    }
  }
});

test('all images of an architecture share their base layer', async () => {
  const bases = await Promise.all(
    images.map(async (image) => (await graphOf(image)).images.map(({ layers }) => layers[0]?.digest)),
  );
  expect(new Set(bases.map(String)).size).toBe(1);
  expect(new Set(bases[0]).size).toBe(2);
});

test('the content compresses about as programs do', () => {
  for (const { blobs } of images) {
    for (const { bytes, descriptor } of blobs.filter(({ descriptor: { mediaType } }) =>
      mediaType.includes('tar'),
    )) {
      const ratio = descriptor.size / gunzipSync(bytes).length;
      expect(ratio).toBeGreaterThan(0.2);
      expect(ratio).toBeLessThan(0.6);
    }
  }
});

test('the images are the same on every run, with any Node on any processor', () => {
  expect(images.map(({ root }) => root.digest.slice('sha256:'.length, 'sha256:'.length + 12))).toEqual([
    'fc24717ca8e3',
    'c4b96c1ef3cb',
    'f0c60b57b094',
    'c04b7608f97d',
    'b2e3c05be951',
    '2a3c5acc0ed8',
    'be8ae398bab8',
  ]);
});

async function namesIn(tar: Uint8Array): Promise<string[]> {
  const unpack = extract();
  unpack.end(tar);
  const names: string[] = [];
  for await (const entry of unpack) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}
