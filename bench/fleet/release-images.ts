import { gzipSync } from 'node:zlib';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { seededRandom } from '../../test/soak/seeded-random.ts';
import { MemoryBlobs } from '../../test/support/sample-images.ts';
import { addLayeredImage, tarWith, wordyText } from '../../test/support/squeezable-bundle.ts';
import type { SampleLayer } from '../../test/support/squeezable-bundle.ts';

/** An image of a release, ready to be pushed. */
export interface ReleaseImage {
  readonly repository: string;
  readonly blobs: MemoryBlobs;
  readonly root: ReturnType<typeof addLayeredImage>;
}

/** Images of a fleet: some that every profile has, and some of single profiles. */
export const commonImages = 8;
const images = 40;
const runtimes = 3;

/**
 * The images of a release, from 1. On one of few bases; an image has a layer of its runtime, shared with others, and one of its own. Release 2
 * changes a twentieth of the own layers of two thirds of the images, release 3 that of the others; release 3 brings another base, too.
 */
export function releaseImages(release: number, seed: number): readonly ReleaseImage[] {
  const base = layerOf(seed, { bytes: 3_000_000, edits: release >= 3 ? 1 : 0 });
  const runtimeLayers = Array.from({ length: runtimes }, (_each, index) =>
    layerOf(seed + 100 + index, { bytes: 1_500_000, edits: 0 }),
  );
  return Array.from({ length: images }, (_each, index) => {
    const edits = Math.floor((release - 1 + (index % 3)) / 3) + (release === 1 || index % 3 !== 0 ? 0 : 1);
    const own = layerOf(seed + 1000 + index, { bytes: 400_000 + (index % 7) * 150_000, edits });
    const blobs = new MemoryBlobs();
    const root = addLayeredImage(blobs, [base, runtimeLayers[index % runtimes] ?? base, own]);
    return { repository: `fleet/image-${index}`, blobs, root };
  });
}

/** Half of it is text and half does not compress, as in files of programs. Each edit changes some runs, a twentieth in all. */
function layerOf(
  seed: number,
  { bytes, edits }: { readonly bytes: number; readonly edits: number },
): SampleLayer {
  const content = Buffer.concat([wordyText(bytes / 2, seed), randomBytes(bytes / 2, seed)]);
  for (let edit = 1; edit <= edits; edit += 1) {
    const random = seededRandom(seed * 31 + edit);
    const run = Math.floor(bytes / 200);
    for (let part = 0; part < 10; part += 1)
      randomBytes(run, seed * 1000 + edit * 10 + part).copy(content, random.integer(0, bytes - run));
  }
  const tar = tarWith(content);
  return { bytes: gzipSync(tar, { level: 6 }), mediaType: mediaTypes.ociLayerGzip, diffId: digestOf(tar) };
}

function randomBytes(length: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = Math.floor(random.next() * 256);
  return bytes;
}
