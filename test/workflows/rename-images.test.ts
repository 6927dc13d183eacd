import { expect, test } from 'vitest';

import { formatReference } from '../../src/oci/reference.ts';
import { renameImages } from '../../src/workflows/rename-images.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { thrown } from '../support/sample-profiles.ts';

const blobs = new MemoryBlobs();
const one = await graphOf(blobs, addImage(blobs, 'one'));
const two = await graphOf(blobs, addImage(blobs, 'two'));
const mappings = ['a.io', 'b.io'].map((registry) => ({
  from: { registry, path: '' },
  to: { registry: 'r.site', path: 'x' },
}));

test('what no rename is about keeps its name and has no other one', () => {
  const image = imageToBundle('c.io/app:1', one);
  expect(renameImages([image], mappings)).toEqual([image]);
  expect(renameImages([image], [])).toEqual([image]);
});

test('companions of one content from two repositories become one, with both origins, in any order', () => {
  const { digest } = one.root;
  const companions = ['a.io', 'b.io'].map((registry) => ({
    ...imageToBundle(`${registry}/app@${digest}`, one),
    origins: [{ kind: 'referrer' as const, of: `${registry}/app:1`, subject: digest }],
  }));
  const renamed = renameImages(companions.toReversed(), mappings);
  expect(renamed).toEqual(renameImages(companions, mappings));
  expect(
    renamed.map(({ reference, source }) => [reference, source].map((each) => each && formatReference(each))),
  ).toEqual([[`r.site/x/app@${digest}`, `a.io/app@${digest}`]]);
  expect(renamed[0]?.origins).toEqual([{ kind: 'referrer', of: 'r.site/x/app:1', subject: digest }]);
});

test('two contents of one name are refused', () => {
  const images = [imageToBundle('a.io/app:1', one), imageToBundle('b.io/app:1', two)];
  const error = thrown(() => renameImages(images, mappings));
  expect(error).toMatchObject({ code: 'MAP_CONFLICT', kind: 'usage' });
  expect(error.message).toContain('the name r.site/x/app:1: a.io/app:1 and b.io/app:1');
});
