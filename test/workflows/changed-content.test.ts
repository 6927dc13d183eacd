import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { changedContent, totalOf } from '../../src/workflows/changed-content.ts';
import { compareSides } from '../../src/workflows/diff-bundles.ts';
import { richBundle } from '../support/rich-bundle.ts';
import type { RichBundle } from '../support/rich-bundle.ts';
import { graphOf } from '../support/sample-images.ts';

const linux = [{ os: 'linux', architecture: 'amd64' }];
const whole = await richBundle();
/** Without one image, with one platform of the others, and with another file. */
const other = await richBundle(async (content, blobs) => {
  const { digest, size } = blobs.add('another model', '');
  const kept = content.images.filter(({ reference: { repository } }) => !/single/.test(repository));
  return {
    ...content,
    images: await Promise.all(
      kept.map(async (image) =>
        image.graph.images.length > 1
          ? { ...image, graph: await graphOf(blobs, image.graph.root, linux) }
          : image,
      ),
    ),
    rawFiles: [{ name: 'copy.bin', digest, size }],
  };
});

function sideOf({ bundle: { plan } }: RichBundle) {
  const { inventory, id } = plan;
  return { kind: 'bundle', path: 'edge.tar.zst', name: inventory.name, id, inventory } as const;
}

async function changes(before: RichBundle, after: RichBundle) {
  const { inventory } = after.bundle.plan;
  const known = new Set(before.bundle.plan.inventory.blobs.map(({ digest }) => digest));
  const graphs = await Promise.all(
    inventory.images.map(async (image) => {
      const platforms = image.omittedPlatforms.length > 0 ? linux : undefined;
      return await graphOf(after.blobs, image, platforms);
    }),
  );
  return changedContent(compareSides(sideOf(before), sideOf(after)), {
    inventory,
    graphs,
    isNew: ({ digest }) => !known.has(digest),
  });
}

test('what is added has its bytes, of what is removed nothing is counted', async () => {
  const found = await changes(other, whole);
  const single = whole.digests.get('quay.io/org/single:2');
  const image = found.find(({ name }) => name === 'quay.io/org/single:2');
  expect(image).toMatchObject({ change: 'added', what: 'image', after: single });
  expect(image?.full?.blobs).toBe(3);
  expect(image?.toShip).toEqual(image?.full);
  const [model] = (await changes(whole, other)).filter(({ name }) => name === 'models/model.bin');
  expect(model).toEqual({
    change: 'removed',
    what: 'file',
    name: 'models/model.bin',
    before: digestOf(whole.model),
  });
});

test('other platforms of the same index count what they bring', async () => {
  const platforms = (await changes(other, whole)).filter(({ change }) => change === 'platforms');
  expect(platforms.length).toBeGreaterThan(0);
  for (const { before, after, full, toShip } of platforms) {
    expect(before).toBe(after);
    expect(toShip?.blobs).toBeGreaterThan(0);
    expect(toShip?.blobs).toBeLessThan(full?.blobs ?? 0);
  }
});

test('a file that moved counts as itself', async () => {
  const moved = (await changes(whole, other)).find(({ name }) => name === 'copy.bin');
  const size = Buffer.byteLength('another model');
  expect(moved).toMatchObject({ change: 'moved', what: 'file', full: { blobs: 1, bytes: size } });
  expect(moved?.toShip).toEqual(moved?.full);
});

test('totals', () => {
  expect(totalOf([])).toEqual({ blobs: 0, bytes: 0 });
});
