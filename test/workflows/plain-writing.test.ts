import { describe, expect, test } from 'vitest';

import { defaultFrameContent } from '../../src/bundle/plan-bundle.ts';
import { plainWritingOf } from '../../src/workflows/plain-writing.ts';
import {
  imageToBundle,
  openSample,
  sampleBundle,
  sampleContent,
  writeSample,
} from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { addLayeredImage, plainLayer, tarWith, wordyText } from '../support/squeezable-bundle.ts';

const blobs = new MemoryBlobs();
const root = addLayeredImage(blobs, [plainLayer(tarWith(wordyText(120_000, 1)))]);
const images = [imageToBundle('quay.io/org/app:1', await graphOf(blobs, root))];
const content = { ...(await sampleContent(new MemoryBlobs())), images };

describe('of a bundle of several frames', () => {
  test.each([1, 2, 3, 6, 9, 15, 19])('written with level %i, that level gives its frames', async (level) => {
    const options = { compressionLevel: level, frameContent: 30_000 };
    const { bytes, sha256 } = await writeSample(content, blobs, options);
    const { isSame, ...writing } = await plainWritingOf(await openSample(bytes));
    expect(isSame).toBe(true);
    expect((await writeSample(content, blobs, { ...options, ...writing })).sha256).toBe(sha256);
  });
});

test('one that has one frame behind the head may have been meant to have larger ones', async () => {
  const { bytes } = await sampleBundle({ frameContent: 2 ** 20 });
  expect(await plainWritingOf(await openSample(bytes))).toMatchObject({ frameContent: defaultFrameContent });
});

test('one frame that is larger than usual stays one', async () => {
  const large = new MemoryBlobs();
  const one = addLayeredImage(large, [plainLayer(tarWith(Buffer.alloc(defaultFrameContent + 1)))]);
  const all = { ...content, images: [imageToBundle('quay.io/org/app:1', await graphOf(large, one))] };
  const options = { frameContent: 2 * defaultFrameContent, compressionLevel: 3 };
  const { bytes, sha256 } = await writeSample(all, large, options);
  const writing = await plainWritingOf(await openSample(bytes));
  expect((await writeSample(all, large, { ...options, ...writing })).sha256).toBe(sha256);
});

test('frames that no level gives are told', async () => {
  const { frames } = await openSample((await sampleBundle()).bytes);
  const other = {
    count: frames.count,
    contentSize: (index: number) => frames.contentSize(index),
    read: async (index: number) => await frames.read(index),
    frame: (index: number) => ({ ...frames.frame(index), check: 0 }),
  };
  const found = plainWritingOf({ frames: Object.assign(Object.create(frames), other) });
  expect(await found).toMatchObject({ isSame: false, compressionLevel: 3 });
});
