import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import type { RandomAccess } from '../../src/io/random-access.ts';
import { planBundle } from '../../src/bundle/plan-bundle.ts';
import type { BundleContent, BundlePlan, ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import type { WrittenBundle } from '../../src/bundle/sink-output.ts';
import type { WriteBundleOptions } from '../../src/bundle/write-bundle.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from './sample-images.ts';

/** Frames so small that a bundle of some kilobytes has many. */
export const smallFrameContent = 4096;

/** A bundle in memory with what it was made of. */
export interface SampleBundle extends WrittenBundle {
  readonly plan: BundlePlan;
  readonly blobs: MemoryBlobs;
  readonly bytes: Buffer;
}

/** Content with a multi-arch image, a digest-pinned one and a Docker one, whose layers are big enough for some frames. */
export async function sampleContent(blobs: MemoryBlobs): Promise<BundleContent> {
  const amd64 = addImage(blobs, noise(9000, 1));
  const arm64 = addImage(blobs, noise(5000, 2), {
    platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  });
  const multi = await graphOf(blobs, addIndex(blobs, [amd64, arm64]));
  const single = await graphOf(blobs, addImage(blobs, 'one '.repeat(3000), { docker: true }));
  return {
    name: 'edge-demo',
    tool: { name: 'palette-edge', version: '0.1.0' },
    profiles: [{ name: 'edge-demo', version: '1.0.0', type: 'cluster' }],
    images: [
      imageToBundle('ghcr.io/org/multi:1.0', multi),
      imageToBundle('nginx:1.27', single),
      imageToBundle(`quay.io/org/pinned@${multi.root.digest}`, multi),
    ],
    extras: [{ path: 'palette-edge/profiles/edge-demo.json', bytes: Buffer.from('{"name":"edge-demo"}') }],
  };
}

/** An image as a build names it on the command line. */
export function imageToBundle(text: string, graph: ImageToBundle['graph']): ImageToBundle {
  return { reference: parseReference(text), origins: [{ kind: 'flag' }], graph };
}

/** Writes a bundle into memory. */
export async function writeSample(
  content: BundleContent,
  blobs: MemoryBlobs,
  options: Partial<WriteBundleOptions> = {},
): Promise<SampleBundle> {
  const plan = planBundle(content);
  const written: Buffer[] = [];
  const result = await writeBundle(
    {
      plan,
      blobs,
      compressionLevel: 3,
      frameContent: smallFrameContent,
      signal: new AbortController().signal,
      ...options,
    },
    {
      write: async (bytes) => {
        written.push(Buffer.from(bytes));
        await Promise.resolve();
      },
    },
  );
  return { ...result, plan, blobs, bytes: Buffer.concat(written) };
}

/** The usual sample, written. */
export async function sampleBundle(options: Partial<WriteBundleOptions> = {}): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  return await writeSample(await sampleContent(blobs), blobs, options);
}

/** Bytes in memory as a bundle's file. */
export function memoryAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read: async (position, length) => {
      if (position < 0 || position + length > bytes.length) throw new RangeError('read outside the file');
      return await Promise.resolve(Buffer.from(bytes.subarray(position, position + length)));
    },
    close: async () => await Promise.resolve(),
  };
}

/** Opens a bundle in memory. */
export async function openSample(bytes: Uint8Array): Promise<BundleReader> {
  return await BundleReader.open(memoryAccess(bytes), 'sample.tar.zst');
}

/** Bytes that do not compress, the same for the same seed on every machine. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
