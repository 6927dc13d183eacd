import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { inspectBundle } from '../../src/workflows/inspect-bundle.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { seededRandom } from '../soak/seeded-random.ts';
import {
  applyDelta,
  bundleIn,
  deltaFiles,
  isSameFile,
  layeredBundle,
  makeDelta,
  randomPair,
  wordsLayer,
} from '../support/delta-bundles.ts';
import type { LayeredContent } from '../support/delta-bundles.ts';
import { noise } from '../support/sample-bundle.ts';
import { gzipLayer, plainLayer, tarWith, wordyText } from '../support/squeezable-bundle.ts';
import { smallDisk } from '../support/small-disk.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** npm run deltas tries as many as one likes. */
test.each([1, 2, 3, 4])('random pair %i: what is applied is what a build makes', async (seed) => {
  const folder = await temporaryFolder();
  const [before, after] = await randomPair(seededRandom(seed));
  const old = await bundleIn(folder, 'old.tar.zst', before);
  const direct = await bundleIn(folder, 'new.tar.zst', after);
  const delta = join(folder, 'new.delta.tar.zst');
  const output = join(folder, 'applied.tar.zst');
  await makeDelta(direct, { bases: [old], output: delta });
  const { bundle } = await applyDelta(delta, { bases: [old], output });
  expect(bundle.id).toBe(after.plan.id);
  expect(await isSameFile(output, direct)).toBe(true);
});

/** Makes a delta bundle of two, applies it, and tells what was in it. */
async function thereAndBack(before: LayeredContent, after: LayeredContent) {
  const folder = await temporaryFolder();
  const old = await bundleIn(folder, 'old.tar.zst', await layeredBundle(before));
  const direct = await bundleIn(folder, 'new.tar.zst', await layeredBundle(after));
  const delta = join(folder, 'new.delta.tar.zst');
  await makeDelta(direct, { bases: [old], output: delta });
  const output = join(folder, 'applied.tar.zst');
  await applyDelta(delta, { bases: [old], output });
  expect(await isSameFile(output, direct)).toBe(true);
  const { squeezed } = await inspectBundle(delta);
  return { folder, delta, taken: squeezed?.delta?.taken.blobs, changed: squeezed?.delta?.changed };
}

test('a layer of which a base has the same tar as other gzip is nothing but a recipe', async () => {
  const levels = [wordsLayer(1, '', 1), wordsLayer(1, '', 9)];
  const { changed } = await thereAndBack({ images: [[wordsLayer(1, '', 6)]] }, { images: [levels] });
  expect(changed?.layers).toBe(2);
  expect(changed?.changes).toBeLessThan(100);
});

test('a tar that is a layer itself is there, and not as changes', async () => {
  const tar = tarWith(wordyText(30_000, 1));
  const { changed } = await thereAndBack(
    { images: [[wordsLayer(1)]] },
    { images: [[wordsLayer(1, 'more')], [plainLayer(tar)]], files: [tar] },
  );
  expect(changed?.layers).toBe(1);
});

test('of the same bundle nothing is left, and of another one everything', async () => {
  const same = { images: [[wordsLayer(1)]], files: [noise(1000, 1)] };
  expect((await thereAndBack(same, same)).taken).toBe(4);
  const other = { images: [[wordsLayer(2)]], files: [noise(1000, 2)] };
  expect(await thereAndBack(same, other)).toMatchObject({ taken: 0, changed: { layers: 0 } });
});

test('how many threads there are makes no difference, nor does the order of the bases', async () => {
  const folder = await temporaryFolder();
  const { versions, second, third } = await deltaFiles(folder);
  const again = join(folder, 'again.tar.zst');
  for (const threads of [1, 8]) {
    await makeDelta(versions[2], { bases: [second, versions[0]], output: again, threads });
    expect(await isSameFile(again, third)).toBe(true);
  }
});

test('of a base whose inventory alone is here blobs are taken, and no layer is described by its layers', async () => {
  const folder = await temporaryFolder();
  const { versions } = await deltaFiles(folder);
  const inventory = join(folder, 'inventory.json');
  await withBundle(versions[0], async ({ inventoryBytes }) => await writeFile(inventory, inventoryBytes));
  const [delta, output] = [join(folder, 'd.delta.tar.zst'), join(folder, 'applied.tar.zst')];
  await makeDelta(versions[1], { bases: [inventory], output: delta });
  const { squeezed } = await inspectBundle(delta);
  expect(squeezed?.delta).toMatchObject({ taken: { blobs: 2 }, changed: { layers: 0 } });
  await applyDelta(delta, { bases: [versions[0]], output });
  expect((await readFile(output)).equals(await readFile(versions[1]))).toBe(true);
});

test('what a squeezed base has for itself is not taken from it: the receiver may have the plain one', async () => {
  const folder = await temporaryFolder();
  const tar = tarWith(wordyText(20_000, 1));
  const old = await bundleIn(folder, 'old.tar.zst', await layeredBundle({ images: [[gzipLayer(tar)]] }));
  const direct = await bundleIn(folder, 'new.tar.zst', await layeredBundle({ images: [[plainLayer(tar)]] }));
  const { bundle: squeezed } = await squeeze(old);
  const [delta, output] = [join(folder, 'new.delta.tar.zst'), join(folder, 'applied.tar.zst')];
  await makeDelta(direct, { bases: [squeezed.path], output: delta });
  for (const base of [old, squeezed.path]) {
    await applyDelta(delta, { bases: [base], output });
    expect(await isSameFile(output, direct)).toBe(true);
  }
});

test('a base may be named in several forms, its inventory besides, and the folder of the output need not be there', async () => {
  const folder = await temporaryFolder();
  const write = async (name: string, added: string): Promise<string> =>
    await bundleIn(folder, name, await layeredBundle({ images: [[wordsLayer(1, added)]] }));
  const [old, next] = [await write('old.tar.zst', ''), await write('new.tar.zst', 'new')];
  const [delta, again] = [join(folder, 'd.delta.tar.zst'), join(folder, 'delta-1a2b3c4d', 'd.delta.tar.zst')];
  await makeDelta(next, { bases: [old], output: delta });
  const inventory = join(folder, 'inventory.json');
  await withBundle(old, async ({ inventoryBytes }) => await writeFile(inventory, inventoryBytes));
  const { bundle: squeezed } = await squeeze(old);
  await makeDelta(next, { bases: [inventory, squeezed.path, old], output: again });
  expect(await isSameFile(again, delta)).toBe(true);
});

test('where there is no space for patches this is told, with the folder, and nothing is left', async () => {
  const folder = await temporaryFolder();
  const words = wordyText(100_000, 1);
  const longer = Buffer.concat([words, noise(200_000, 1)]);
  const write = async (name: string, tar: Buffer): Promise<string> =>
    await bundleIn(folder, name, await layeredBundle({ images: [[gzipLayer(tar)]] }));
  const [old, next] = [
    await write('old.tar.zst', tarWith(words)),
    await write('new.tar.zst', tarWith(longer)),
  ];
  // Enough for the layer of the base.
  await using disk = await smallDisk(160 * 1024);
  const made = makeDelta(next, { bases: [old], output: join(folder, 'd.tar.zst'), folder: disk.path });
  await expect(made).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining(`writing changes to layers of bases into ${disk.path}`),
    suggestions: [expect.stringContaining('TMPDIR')],
  });
  expect(await readdir(disk.path)).toEqual([]);
});
