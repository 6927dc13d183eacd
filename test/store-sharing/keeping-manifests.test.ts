import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { isTag } from '../../src/oci/reference.ts';
import { emptyConfig, keepingManifests } from '../../src/store-sharing/keeping-manifests.ts';
import type { KeepingManifest } from '../../src/store-sharing/keeping-manifests.ts';

const blobs = ['a', 'b', 'c'].map((text) => ({ digest: digestOf(text), size: text.length }));

/** The one manifest of a few blobs. */
function only(few: typeof blobs): KeepingManifest {
  const manifest = keepingManifests({ id: '1a2b3c4d', blobs: few }).at(0);
  if (manifest === undefined) throw new Error('there is none');
  return manifest;
}

test('the same blobs give the same bytes, in any order and however often they are named', () => {
  const one = keepingManifests({ id: '1a2b3c4d', blobs });
  expect(keepingManifests({ id: '1a2b3c4d', blobs: [...blobs.toReversed(), ...blobs] })).toEqual(one);
  expect(one).toHaveLength(1);
});

test('a manifest names its blobs as something that registries do not look into', () => {
  const manifest = only(blobs);
  const document: unknown = JSON.parse(Buffer.from(manifest.bytes).toString());
  expect(document).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.palette-edge.shared-blobs.v1',
    config: emptyConfig.descriptor,
    layers: blobs
      .toSorted((left, right) => (left.digest < right.digest ? -1 : 1))
      .map((blob) => ({ mediaType: 'application/octet-stream', ...blob })),
  });
  expect(manifest.descriptor).toMatchObject({
    digest: digestOf(manifest.bytes),
    size: manifest.bytes.length,
  });
});

test('the tag tells the bundle, and other blobs of it get another tag', () => {
  const all = only(blobs);
  const some = only(blobs.slice(1));
  expect(all.tag).toMatch(/^blobs-1a2b3c4d-[0-9a-f]{12}$/);
  expect(isTag(all.tag)).toBe(true);
  expect(some.tag).not.toBe(all.tag);
});

test('more blobs than registries take in one manifest are named in several', () => {
  const many = Array.from({ length: 4001 }, (_, index) => ({ digest: digestOf(String(index)), size: index }));
  const manifests = keepingManifests({ id: '1a2b3c4d', blobs: many });
  expect(new Set(manifests.map(({ tag }) => tag)).size).toBe(3);
  const named = manifests.flatMap(
    ({ bytes }) =>
      Buffer.from(bytes)
        .toString()
        .match(/"sha256:[0-9a-f]{64}"/g) ?? [],
  );
  expect(named.length).toBe(many.length + manifests.length);
});

test('of nothing there is nothing to keep', () => {
  expect(keepingManifests({ id: '1a2b3c4d', blobs: [] })).toEqual([]);
});
