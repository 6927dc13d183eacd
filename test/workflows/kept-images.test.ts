import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { Origin } from '../../src/oci/origin.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { keptImages } from '../../src/workflows/kept-images.ts';
import type { PinnedImage } from '../../src/workflows/pin-images.ts';

const flag: Origin = { kind: 'flag' };

/** An image of one blob, whose digest is that of its name. */
function image(tag: string, ...origins: readonly (Origin | string)[]): PinnedImage {
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(tag), size: 1 };
  return {
    reference: parseReference(nameOf(tag)),
    name: nameOf(tag),
    origins: origins.map((origin) =>
      typeof origin === 'string'
        ? { kind: 'referrer', of: nameOf(origin), subject: digestOf(origin) }
        : origin,
    ),
    graph: {
      root: descriptor,
      blobs: [{ descriptor, role: 'manifest' }],
      images: [],
      platforms: [],
      omittedPlatforms: [],
      missingPlatforms: [],
    },
  };
}

function nameOf(tag: string): string {
  return `ghcr.io/org/app:${tag}`;
}

function kept(images: readonly PinnedImage[], ...lost: readonly string[]) {
  const error = new PaletteEdgeError('BLOB_NOT_FOUND', 'it is gone', { kind: 'notFound' });
  const failed = new Map<Digest, PaletteEdgeError>(lost.map((tag) => [digestOf(tag), error]));
  const { images: left, failures, warnings } = keptImages(images, failed);
  return {
    left: Object.fromEntries(left.map(({ reference, origins }) => [reference.tag, origins])),
    tags: left.map(({ reference }) => reference.tag),
    failures: failures.map(({ name }) => name),
    warnings,
  };
}

const images = [
  image('one', flag),
  image('two', flag),
  image('sbom', 'one'),
  image('sig', 'sbom'),
  image('shared', 'one', 'two'),
];

test('without a failure everything stays as it is', () => {
  expect(keptImages(images, new Map()).images).toEqual(images);
});

test('a companion that is lost is left out with its own companions, and is a warning', () => {
  const { tags, failures, warnings } = kept(images, 'sbom');
  expect(tags).toEqual(['one', 'two', 'shared']);
  expect(failures).toEqual([]);
  expect(warnings).toEqual([
    {
      code: 'COMPANION_LEFT_OUT',
      message: 'ghcr.io/org/app:sbom, a companion of ghcr.io/org/app:one, is left out: it is gone',
    },
  ]);
});

test('an image that is lost takes its companions along, whatever became of them', () => {
  const { left, failures, warnings } = kept(images, 'one', 'sbom', 'sig');
  expect(Object.keys(left)).toEqual(['two', 'shared']);
  expect(left['shared']).toEqual([{ kind: 'referrer', of: nameOf('two'), subject: digestOf('two') }]);
  expect(failures).toEqual([nameOf('one')]);
  expect(warnings).toEqual([]);
});

test('an image that was asked for stays without what it is a companion of', () => {
  const both = [image('one', flag), image('both', flag, 'one')];
  expect(kept(both, 'one').left).toEqual({ both: [flag] });
});

test('companions that only belong to each other do not stay', () => {
  const circle = [image('one', flag), image('two', flag), image('a', 'one', 'b'), image('b', 'a')];
  expect(kept(circle, 'one').tags).toEqual(['two']);
});

test('when every image is lost nothing stays', () => {
  expect(kept(images, 'one', 'two').tags).toEqual([]);
});
