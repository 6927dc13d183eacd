import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { imageUsers } from '../../src/workflows/image-users.ts';
import type { KnownImages } from '../../src/workflows/image-users.ts';
import { rejection } from '../support/rejection.ts';
import { imageToBundle, openSample, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';

const { signal } = new AbortController();
const amd64 = { os: 'linux', architecture: 'amd64' };

/** Two images that share one of their platforms. */
async function known(): Promise<{ readonly blobs: MemoryBlobs; readonly images: KnownImages['images'] }> {
  const blobs = new MemoryBlobs();
  const shared = addImage(blobs, 'shared');
  const index = addIndex(blobs, [
    shared,
    addImage(blobs, 'arm', { platform: { os: 'linux', architecture: 'arm64' } }),
  ]);
  const content = await sampleContent(new MemoryBlobs());
  const images = [
    imageToBundle('ghcr.io/org/a:1', await graphOf(blobs, index, [amd64])),
    imageToBundle('ghcr.io/org/b:1', await graphOf(blobs, shared)),
  ];
  const { bytes } = await writeSample({ ...content, images }, blobs);
  const { inventory } = await openSample(bytes);
  return { blobs, images: inventory.images };
}

test('a blob is of all images that lead to it, of the platforms that are kept', async () => {
  const { blobs, images } = await known();
  const read: KnownImages['read'] = async ({ digest }) => await Promise.resolve(blobs.get(digest));
  const users = await imageUsers({ images, squeezed: undefined, read }, signal);
  const shared = [...users].filter(([, references]) => references.size === 2);
  expect(shared).toHaveLength(3);
  const others = [...users].filter(([, references]) => references.size === 1);
  expect(others).toEqual([[images[0]?.digest, new Set(['ghcr.io/org/a:1'])]]);
});

test('of what is not to be had, or damaged, only the image itself is known', async () => {
  const { blobs, images } = await known();
  for (const bytes of [undefined, Buffer.from('{}')]) {
    const read: KnownImages['read'] = async ({ digest }, reference) =>
      await Promise.resolve(reference.includes('/a:') ? bytes : blobs.get(digest));
    const users = await imageUsers({ images, squeezed: undefined, read }, signal);
    const ofFirst = [...users].filter(([, references]) => references.has('ghcr.io/org/a:1'));
    expect(ofFirst.map(([digest]) => digest)).toEqual([images[0]?.digest]);
    expect(users.size).toBe(4);
  }
});

test('an image that is closed to us is no reason to give up: it may be there no more', async () => {
  const { blobs, images } = await known();
  const denied = new PaletteEdgeError('ACCESS_DENIED', 'denied', { kind: 'authentication' });
  const read: KnownImages['read'] = async ({ digest }, reference) => {
    if (reference.includes('/a:')) throw denied;
    return await Promise.resolve(blobs.get(digest));
  };
  const users = await imageUsers({ images, squeezed: undefined, read }, signal);
  expect(users.size).toBe(4);
});

test('a place that cannot be asked is told', async () => {
  const { images } = await known();
  const down = new PaletteEdgeError('CONNECTION_LOST', 'lost', { kind: 'network' });
  const read: KnownImages['read'] = async () => await Promise.reject(down);
  expect(await rejection(imageUsers({ images, squeezed: undefined, read }, signal))).toBe(down);
});
