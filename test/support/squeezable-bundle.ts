import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';

import type { ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import { rawFileMediaType } from '../../src/bundle/raw-files.ts';
import { encodeTarHeader, tarPadding } from '../../src/io/tar-header.ts';
import type { Descriptor, Platform } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import { requireTool } from './required-tools.ts';
import { imageToBundle, noise, sampleContent, writeSample } from './sample-bundle.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { chartToBundle, sampleChart } from './sample-charts.ts';
import { sampleCompanions } from './sample-companions.ts';
import { addIndex, graphOf, MemoryBlobs } from './sample-images.ts';

/** A layer that an image has: its bytes, their media type, and what its config says that they decompress to. */
export interface SampleLayer {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly diffId: Digest;
}

const uncompressed = 'application/vnd.oci.image.layer.v1.tar';
const zstdLayer = 'application/vnd.oci.image.layer.v1.tar+zstd';
const dockerLayer = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** Names of the images of {@link squeezableBundle}. */
export const squeezable = {
  multi: 'ghcr.io/org/multi:1.0',
  docker: 'docker.io/library/nginx:1.27',
  twice: 'quay.io/org/twice:1',
  single: 'quay.io/org/single:2',
  sparse: 'quay.io/org/sparse:1',
} as const;

/** Text of some words, the same for the same seed: it shrinks, as files do. */
export function wordyText(length: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const words = Array.from({ length: 400 }, () => random.next().toString(36).slice(2, random.integer(4, 10)));
  let text = '';
  while (text.length < length) text += `${random.pick(words)}${random.chance(0.1) ? '\n' : ' '}`;
  return Buffer.from(text.slice(0, length));
}

/** A tar with a file `hello`, in which is this. */
export function tarWith(content: Buffer): Buffer {
  const header = encodeTarHeader({ name: 'hello', size: content.length });
  return Buffer.concat([header, content, Buffer.alloc(tarPadding(content.length)), Buffer.alloc(1024)]);
}

/** As GNU gzip writes it. */
function gnuGzip(tar: Uint8Array, level = 6): Buffer {
  return execFileSync(requireTool('gzip'), ['-n', `-${level}`], { input: tar, maxBuffer: 2 ** 30 });
}

/** A layer that GNU gzip wrote. */
export function gzipLayer(tar: Buffer, level = 6): SampleLayer {
  return { bytes: gnuGzip(tar, level), mediaType: mediaTypes.ociLayerGzip, diffId: digestOf(tar) };
}

/** A layer that was never compressed. */
export function plainLayer(tar: Buffer): SampleLayer {
  return { bytes: tar, mediaType: uncompressed, diffId: digestOf(tar) };
}

const amd64: Platform = { os: 'linux', architecture: 'amd64' };

/** Adds an image of these layers. */
export function addLayeredImage(
  blobs: MemoryBlobs,
  layers: readonly SampleLayer[],
  { platform = amd64, docker = false }: { readonly platform?: Platform; readonly docker?: boolean } = {},
): Descriptor {
  const { os, architecture, variant } = platform;
  const rootfs = { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) };
  const history = layers.map(() => ({ created_by: 'test' }));
  const config = blobs.addJson(
    { architecture, os, variant, config: { Cmd: ['/hello'] }, rootfs, history },
    docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig,
  );
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  const descriptors = layers.map(({ bytes, mediaType: type }) =>
    blobs.add(bytes, docker ? dockerLayer : type),
  );
  const document = { schemaVersion: 2, mediaType, config, layers: descriptors };
  return { ...blobs.addJson(document, mediaType), platform };
}

/** What {@link squeezableBundle} has beside its images. */
interface SqueezableOptions {
  /** Companions, a chart and raw files. */
  readonly more?: boolean;
  /** zstd level of the plain bundle. */
  readonly level?: number;
  readonly frameContent?: number | undefined;
  /** Bytes of the largest layer's file. */
  readonly length?: number;
}

/** A bundle of layers that GNU gzip wrote: in an index, under Docker's media types, sparse, one tar at two levels, and one as it is. */
export async function squeezableBundle({
  more = true,
  level = 3,
  frameContent,
  length = 200_000,
}: SqueezableOptions = {}): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };
  const base = tarWith(wordyText(length, 1));
  const own = tarWith(wordyText(length / 2, 2));
  const single = tarWith(wordyText(length / 4, 3));
  const index = addIndex(blobs, [
    addLayeredImage(blobs, [gzipLayer(base), gzipLayer(own)]),
    addLayeredImage(blobs, [gzipLayer(single, 9)], { platform: arm64 }),
  ]);
  const other = { os: 'linux', architecture: 's390x' };
  const wide = addIndex(blobs, [
    addLayeredImage(blobs, [gzipLayer(single)]),
    addLayeredImage(blobs, [gzipLayer(tarWith(Buffer.from('left out')))], { platform: other }),
  ]);
  const named = async (name: string, root: Descriptor, platforms?: readonly Platform[]) =>
    imageToBundle(name, await graphOf(blobs, root, platforms));
  const images = [
    await named(squeezable.multi, index),
    await named(`quay.io/org/pinned@${index.digest}`, index),
    await named(
      squeezable.docker,
      addLayeredImage(blobs, [gzipLayer(base), gzipLayer(own, 1)], { docker: true }),
    ),
    await named(squeezable.twice, addLayeredImage(blobs, [gzipLayer(base, 9), plainLayer(own)])),
    await named(squeezable.single, addLayeredImage(blobs, [gzipLayer(single)])),
    await named(squeezable.sparse, wide, [amd64]),
  ];
  const content = { ...(await sampleContent(blobs)), images };
  if (!more) return await writeSample(content, blobs, { compressionLevel: level, frameContent });
  const rawFiles = [
    { name: 'models/model.bin', bytes: noise(30_000, 9) },
    { name: 'layer.tar', bytes: own },
    { name: 'layer.tar.gz', bytes: gnuGzip(base) },
    { name: 'empty', bytes: Buffer.alloc(0) },
  ].map(({ name, bytes }) => ({
    name,
    digest: blobs.add(bytes, rawFileMediaType).digest,
    size: bytes.length,
  }));
  return await writeSample(
    { ...content, images: [...images, ...(await companionsAndChart(blobs, index))], rawFiles },
    blobs,
    { compressionLevel: level, frameContent },
  );
}

async function companionsAndChart(blobs: MemoryBlobs, root: Descriptor): Promise<ImageToBundle[]> {
  return [
    ...(await sampleCompanions(blobs, { repository: 'ghcr.io/org/multi', tag: '1.0', root })),
    await chartToBundle(blobs, {
      reference: 'charts.example.com/stable/web:1.2.3',
      source: 'https://charts.example.com/stable',
      archive: await sampleChart('web', '1.2.3'),
    }),
  ];
}

/** Layers that stay as they are, by the reason; empty ones, too. */
export function keptLayers(): Readonly<Record<string, SampleLayer>> {
  const tar = tarWith(wordyText(20_000, 4));
  const gzip = gnuGzip(tar);
  const diffId = digestOf(tar);
  const type = mediaTypes.ociLayerGzip;
  return {
    'wrong-diff-id': { bytes: gnuGzip(tar, 8), mediaType: type, diffId: digestOf('something else') },
    zstd: { bytes: zstdCompressSync(tar), mediaType: zstdLayer, diffId },
    damaged: { bytes: gzip.subarray(0, -100), mediaType: type, diffId },
    'not-gzip': { bytes: noise(5000, 5), mediaType: type, diffId },
    'large-recipe': { bytes: gzipSync('x', { level: 6 }), mediaType: type, diffId: digestOf('x') },
  };
}

/** The digest of what a name of a sample stands for. */
export function rootDigestIn({ plan }: SampleBundle, name: string): Digest {
  const image = plan.inventory.images.find(({ reference }) => reference === name);
  if (image === undefined) throw new Error(`no image ${name}`);
  return image.digest;
}

/** The id of an image of a sample, the first of its platforms: the digest of its config. */
export function imageIdIn(sample: SampleBundle, name: string): Digest {
  const documentOf = (digest: Digest) => JSON.parse(String(sample.blobs.get(digest)));
  const root = documentOf(rootDigestIn(sample, name));
  const [first] = root.manifests ?? [];
  return (first === undefined ? root : documentOf(first.digest)).config.digest;
}
