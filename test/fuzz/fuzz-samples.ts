import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import type { BundledRawFile } from '../../src/bundle/inventory.ts';
import { rawFileMediaType } from '../../src/bundle/raw-files.ts';
import { memoryAccess, noise, sampleBundle, sampleContent, writeSample } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';

/** A real bundle to change, taken apart. */
export interface FuzzSample {
  readonly name: string;
  readonly bundle: SampleBundle;
  /** Content of its frames: the head first. */
  readonly contents: readonly Buffer[];
}

/** Bundles of all kinds of content: images, companions, charts, raw files; in many frames and in two. */
export async function fuzzSamples(): Promise<readonly FuzzSample[]> {
  return [
    await takeApart('images', await sampleBundle()),
    await takeApart('two frames', await sampleBundle({ frameContent: 2 ** 21 })),
    await takeApart('all kinds', await sampleServedBundle()),
    await takeApart('raw files', await bundleOfFiles()),
  ];
}

async function bundleOfFiles(): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const content = await sampleContent(blobs);
  const rawFiles = ['a/b.bin', 'a/empty', 'c'].map((name, index): BundledRawFile => {
    const { digest, size } = blobs.add(noise(index === 1 ? 0 : 3000, index), rawFileMediaType);
    return { name, digest, size };
  });
  return await writeSample({ ...content, rawFiles }, blobs);
}

async function takeApart(name: string, bundle: SampleBundle): Promise<FuzzSample> {
  const { frames } = await BundleReader.open(memoryAccess(bundle.bytes), name);
  const contents: Buffer[] = [];
  for (let index = 0; index < frames.count; index += 1) contents.push(Buffer.from(await frames.read(index)));
  return { name, bundle, contents };
}
