import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

import { rawFileMediaType } from '../../src/bundle/raw-files.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { encodeTarHeader, tarPadding } from '../../src/io/tar-header.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { defaultFrameContent } from '../../src/bundle/plan-bundle.ts';
import { openDeltaBases } from '../../src/workflows/delta-bases.ts';
import { planDelta } from '../../src/workflows/plan-delta.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import { writeSqueezed } from '../../src/workflows/squeeze-bundle.ts';
import type { SplitRequest } from '../../src/workflows/split-request.ts';
import type { UnsqueezeResult } from '../../src/workflows/unsqueeze-bundle.ts';
import { unsqueezeBundle } from '../../src/workflows/unsqueeze-bundle.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import type { WrittenBundleFile } from '../../src/workflows/begin-writing.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { imageToBundle, noise, sampleContent, writeSample } from './sample-bundle.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { graphOf, MemoryBlobs } from './sample-images.ts';
import { addLayeredImage, wordyText } from './squeezable-bundle.ts';
import type { SampleLayer } from './squeezable-bundle.ts';

const never = new AbortController().signal;
const tool = { name: 'palette-edge', version: '0.1.0' };

/** Files of a layer by name. */
type LayerFiles = ReadonlyMap<string, Buffer>;

/** A tar of some files, as layers are. */
function tarOf(files: LayerFiles): Buffer {
  const entries = [...files].flatMap(([name, content]) => [
    encodeTarHeader({ name, size: content.length }),
    content,
    Buffer.alloc(tarPadding(content.length)),
  ]);
  return Buffer.concat([...entries, Buffer.alloc(1024)]);
}

/** A gzip layer that zlib wrote. */
function zlibLayer(tar: Buffer, level = 6): SampleLayer {
  return { bytes: gzipSync(tar, { level }), mediaType: mediaTypes.ociLayerGzip, diffId: digestOf(tar) };
}

/** What a bundle of {@link layeredBundle} has. */
export interface LayeredContent {
  readonly images: readonly (readonly SampleLayer[])[];
  readonly files?: readonly Buffer[];
  readonly name?: string;
  /** See `BundleContent`. */
  readonly sign?: (inventoryBytes: Uint8Array) => Uint8Array;
}

/** A bundle of images of these layers, written as a build writes it. */
export async function layeredBundle({
  images,
  files = [],
  name = 'edge',
  sign,
}: LayeredContent): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const named = await Promise.all(
    images.map(async (layers, index) =>
      imageToBundle(`quay.io/org/image:${index}`, await graphOf(blobs, addLayeredImage(blobs, layers))),
    ),
  );
  const rawFiles = files.map((bytes, index) => ({
    name: `file-${index}`,
    digest: blobs.add(bytes, rawFileMediaType).digest,
    size: bytes.length,
  }));
  const content = { ...(await sampleContent(new MemoryBlobs())), name, images: named, rawFiles, sign };
  return await writeSample(content, blobs, { frameContent: defaultFrameContent });
}

/** How a delta bundle is made. */
interface DeltaOptions {
  readonly bases: readonly string[];
  readonly output: string;
  readonly split?: SplitRequest;
  /** As many as there are processors, unless given. */
  readonly threads?: number;
  /** Where layers of bases and patches are put. */
  readonly folder?: string;
}

/** Makes a delta bundle of a plain one, as `build --base` does of what it pulled. */
export async function makeDelta(
  path: string,
  { bases, output, split, threads: count = availableParallelism(), folder = tmpdir() }: DeltaOptions,
): Promise<WrittenBundleFile> {
  await using opened = await openDeltaBases({ paths: bases, folder });
  await using threads = new SqueezeThreads(count);
  return await withBundle(path, async (reader) => {
    const { inventory, inventoryBytes, signature, files } = reader;
    const writing = { compressionLevel: 3, frameContent: defaultFrameContent };
    await using planned = await planDelta(
      { inventory, inventoryBytes, signature, files, writing, blobs: reader },
      {
        tool,
        threads,
        onStart: () => undefined,
        onBytes: () => undefined,
        signal: never,
        bases: opened.bases ?? [],
        folder,
      },
    );
    return await writeSqueezed(planned, {
      path: output,
      effort: 'fast',
      split,
      hasher: hashHere,
      listener: { onPhase: () => undefined, onBytes: () => undefined },
      signal: never,
    });
  });
}

/** Applies a delta bundle as the command does. */
export async function applyDelta(
  path: string,
  { bases, output, split, signal = never }: DeltaOptions & { readonly signal?: AbortSignal },
): Promise<UnsqueezeResult> {
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  return await unsqueezeBundle(
    { path, output, split, bases: { paths: bases, folder: tmpdir() } },
    { hasher: hashHere, listener },
    signal,
  );
}

/** Whether two files have the same bytes. */
export async function isSameFile(left: string, right: string): Promise<boolean> {
  return (await readFile(left)).equals(await readFile(right));
}

/** Writes a bundle into a folder. */
export async function bundleIn(folder: string, name: string, { bytes }: SampleBundle): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Versions of a bundle, and delta bundles between them, in a folder. */
export interface DeltaFiles {
  readonly folder: string;
  /** Plain, in order. */
  readonly versions: readonly [string, string, string];
  /** Of the second, against the first. */
  readonly second: string;
  /** Of the third, against the delta bundle of the second. */
  readonly third: string;
}

/** A layer with a file of words, and with something added to it. */
export function wordsLayer(seed: number, added = '', level = 6): SampleLayer {
  return zlibLayer(
    tarOf(new Map([['a/b', Buffer.concat([wordyText(30_000, seed), Buffer.from(added)])]])),
    level,
  );
}

/** Writes three versions of a bundle, and what is between them. */
export async function deltaFiles(folder: string): Promise<DeltaFiles> {
  const file = Buffer.from('the same');
  const added = [wordsLayer(1, 'new')];
  const write = async (name: string, images: LayeredContent['images']): Promise<string> =>
    await bundleIn(folder, `${name}.tar.zst`, await layeredBundle({ images, files: [file] }));
  const first = await write('v1', [[wordsLayer(1), wordsLayer(2)]]);
  const next = await write('v2', [[wordsLayer(1), wordsLayer(2, 'second')], added]);
  const last = await write('v3', [[wordsLayer(1), wordsLayer(2, 'third', 9)], added]);
  const second = join(folder, 'v2.delta.tar.zst');
  await makeDelta(next, { bases: [first], output: second });
  const third = join(folder, 'v3.delta.tar.zst');
  await makeDelta(last, { bases: [first, second], output: third });
  return { folder, versions: [first, next, last], second, third };
}

/** Layers of some files each, as versions of an image have them. */
type Versions = readonly LayerFiles[];

/** Two versions of something, with whatever changes between versions; the same for the same random numbers. */
export async function randomPair(random: SeededRandom): Promise<readonly [SampleBundle, SampleBundle]> {
  const before = Array.from({ length: random.integer(1, 4) }, () => randomFiles(random));
  const after = [
    ...before
      .filter(() => random.chance(0.9))
      .map((files) => (random.chance(0.7) ? changed(files, random) : files)),
    ...(random.chance(0.3) ? [randomFiles(random)] : []),
  ];
  return [await bundleOf(before, random), await bundleOf(after, random)];
}

/** The next version of what {@link randomPair} gives: for chains. */
async function bundleOf(versions: Versions, random: SeededRandom): Promise<SampleBundle> {
  const layers = versions.map((files) => encoded(tarOf(files), random));
  const images = Array.from({ length: random.integer(1, 3) }, () =>
    layers.filter(() => random.chance(0.8)).flatMap((layer) => (random.chance(0.1) ? [] : [layer])),
  );
  const again = versions.filter(() => random.chance(0.2)).map((files) => encoded(tarOf(files), random));
  const files = random.chance(0.5) ? [wordyText(random.integer(0, 3000), random.integer(1, 3))] : [];
  return await layeredBundle({ images: [...images, layers, again], files });
}

/** A tar as registries have it: as gzip of any level, sometimes as something else. */
function encoded(tar: Buffer, random: SeededRandom): SampleLayer {
  const diffId = digestOf(tar);
  const kind = random.next();
  if (kind < 0.05) return { bytes: tar, mediaType: 'application/vnd.oci.image.layer.v1.tar', diffId };
  if (kind < 0.1)
    return { bytes: zstdCompressSync(tar), mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', diffId };
  const layer = zlibLayer(tar, random.integer(1, 9));
  // Damaged: it stays as it is.
  return kind < 0.15 ? { ...layer, bytes: layer.bytes.subarray(0, -9) } : layer;
}

function randomFiles(random: SeededRandom): LayerFiles {
  return new Map(
    Array.from({ length: random.integer(0, 6) }, (_, index) => [
      `usr/lib/file-${index}`,
      randomContent(random),
    ]),
  );
}

function randomContent(random: SeededRandom): Buffer {
  const length = random.pick([0, 100, 3000, 20_000]);
  return random.chance(0.7)
    ? wordyText(length, random.integer(1, 1e6))
    : noise(length, random.integer(1, 1e6));
}

function changed(files: LayerFiles, random: SeededRandom): LayerFiles {
  const kept = [...files].filter(() => random.chance(0.9));
  const edited = kept.map(([name, content]): [string, Buffer] => {
    if (random.chance(0.5)) return [name, content];
    const at = random.integer(0, content.length);
    const removed = random.integer(0, Math.min(200, content.length - at));
    const parts = [
      content.subarray(0, at),
      noise(random.integer(0, 200), at),
      content.subarray(at + removed),
    ];
    return [random.chance(0.1) ? `${name}-moved` : name, Buffer.concat(parts)];
  });
  return new Map([...edited, ...(random.chance(0.3) ? [['etc/new', randomContent(random)] as const] : [])]);
}
