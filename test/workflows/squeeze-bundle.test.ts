import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { defaultFrameContent } from '../../src/bundle/plan-bundle.ts';
import { rawFileMediaType } from '../../src/bundle/raw-files.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { diffBundles } from '../../src/workflows/diff-bundles.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { imageToBundle, noise, sampleContent, writeSample } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';
import {
  addLayeredImage,
  gzipLayer,
  keptLayers,
  plainLayer,
  squeezableBundle,
  tarWith,
  wordyText,
} from '../support/squeezable-bundle.ts';
import type { SampleLayer } from '../support/squeezable-bundle.ts';
import { squeeze, squeezedBytes, squeezedFiles, unsqueeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const listener = { onStart: () => undefined, onBytes: () => undefined };
const sample = await squeezableBundle({ length: 100_000 });
const squeezedSample = await squeezedBytes(sample.bytes);

/** A bundle of images of these layers, and raw files. */
async function bundleOf(
  images: readonly (readonly SampleLayer[])[],
  files: readonly Buffer[] = [],
  options: { readonly compressionLevel?: number; readonly frameContent?: number } = {},
): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const named = await Promise.all(
    images.map(async (layers, index) =>
      imageToBundle(`quay.io/org/image:${index}`, await graphOf(blobs, addLayeredImage(blobs, layers))),
    ),
  );
  const rawFiles = files.map((bytes, index) => {
    const { digest } = blobs.add(bytes, rawFileMediaType);
    return { name: `file-${index}`, digest, size: bytes.length };
  });
  return await writeSample({ ...(await sampleContent(blobs)), images: named, rawFiles }, blobs, {
    frameContent: undefined,
    ...options,
  });
}

/** What {@link thereAndBack} tells when all is well. */
const same = { problems: [], isSame: true };

/** Squeezes, verifies and unsqueezes a bundle. */
async function thereAndBack(bytes: Buffer) {
  const { squeezed, result } = await squeezedFiles(bytes);
  const { problems } = await verifyBundle(squeezed, listener, signal);
  const { bundle } = await unsqueeze(squeezed, { output: `${squeezed}.plain` });
  const isSame = (await readFile(bundle.path)).equals(bytes) && bundle.id === result.plain.id;
  return { ...result, problems, isSame };
}

describe('there and back', () => {
  test('a bundle of everything comes back byte for byte', async () => {
    const result = await thereAndBack(sample.bytes);
    const { report, plain, bundle } = result;
    expect(result).toMatchObject(same);
    expect(report.kept).toEqual([]);
    expect(report.encoders.every(({ encoder }) => /^(?:zlib|GNU gzip) level/.test(encoder))).toBe(true);
    // Three tars, each at two levels; the raw file that is one of the layers is that layer.
    expect(report.squeezed.layers).toBe(6);
    expect(bundle.size).toBeLessThan(plain.size * 0.7);
  });

  test.each([
    [1, defaultFrameContent],
    [9, 2048],
    [19, 70_000],
  ])('a bundle of level %i and frames of %i bytes does', async (level, frameContent) => {
    expect(
      await thereAndBack(
        (await bundleOf([], [wordyText(200_000, 10)], { compressionLevel: level, frameContent })).bytes,
      ),
    ).toMatchObject(same);
  });

  test('layers that cannot be restored stay, and the report says why', async () => {
    const kept = keptLayers();
    const gone = gzipLayer(tarWith(wordyText(50_000, 6)));
    const result = await thereAndBack((await bundleOf([[...Object.values(kept), gone]])).bytes);
    const { report } = result;
    expect(result).toMatchObject(same);
    expect(report.kept.map(({ reason }) => reason).toSorted()).toEqual(Object.keys(kept).toSorted());
    expect(report.squeezed.layers).toBe(1);
  });

  test('empty layers do, and layers of which nothing is left to squeeze', async () => {
    const empty = gzipLayer(Buffer.alloc(1024));
    const nothing = gzipLayer(Buffer.alloc(0));
    const none = plainLayer(Buffer.alloc(0));
    expect(await thereAndBack((await bundleOf([[empty, nothing, none], [empty]])).bytes)).toMatchObject(same);
    expect(await thereAndBack((await bundleOf([[none]])).bytes)).toMatchObject(same);
  });

  test('a bundle without images does', async () => {
    const result = await thereAndBack((await bundleOf([], [noise(5000, 1), Buffer.alloc(0)])).bytes);
    const { report } = result;
    expect(result).toMatchObject(same);
    expect(report.squeezed.layers).toBe(0);
  });

  test('a bundle does whose squeezed layers are less than what is beside them', async () => {
    const little = gzipLayer(tarWith(wordyText(30_000, 7)));
    for (const size of [100_000, defaultFrameContent])
      expect(await thereAndBack((await bundleOf([[little]], [noise(size, 8)])).bytes)).toMatchObject(same);
  });

  test('a layer does that decompresses to another layer, which is squeezed', async () => {
    const inner = gzipLayer(tarWith(wordyText(60_000, 11)));
    const outer = gzipLayer(inner.bytes);
    const result = await thereAndBack((await bundleOf([[inner], [outer, gzipLayer(outer.bytes)]])).bytes);
    expect(result).toMatchObject(same);
    expect(result.report.squeezed.layers).toBe(1);
  });

  test('a layer does that holds a manifest, a recipe or what squeezing makes of a manifest', async () => {
    const first = gzipLayer(tarWith(wordyText(20_000, 9)));
    const alone = await bundleOf([[first]]);
    const { squeezed } = await squeezedFiles(alone.bytes);
    const held = await withBundle(squeezed, async (reader) => {
      const blobs = reader.stored.blobs.filter(({ role }) => role !== 'tar');
      expect(blobs.map(({ role }) => role)).toEqual(['manifest', 'config', 'rewritten', 'recipe']);
      return await Promise.all(blobs.map(async (blob) => Buffer.from(await readWholeBlob(reader, blob))));
    });
    expect(
      await thereAndBack((await bundleOf([[first], held.map((bytes) => gzipLayer(bytes))])).bytes),
    ).toMatchObject(same);
    expect(await thereAndBack((await bundleOf([[first]], held)).bytes)).toMatchObject(same);
  });
});

/** A bundle and the squeezed one, in a folder of the running test. */
async function sampleFiles() {
  const folder = await temporaryFolder();
  const [plain, squeezed] = [join(folder, 'edge.tar.zst'), join(folder, 'edge.squeezed.tar.zst')];
  await Promise.all([writeFile(plain, sample.bytes), writeFile(squeezed, squeezedSample)]);
  return { folder, plain, squeezed };
}

describe('what is written', () => {
  test('follows from the plain bundle alone', async () => {
    const { squeezed } = await squeezedFiles(sample.bytes);
    expect((await readFile(squeezed)).equals(squeezedSample)).toBe(true);
  });

  test('in parts is the same, and parts are read', async () => {
    const { squeezed, folder } = await sampleFiles();
    const split = { partSize: 20_000, style: 'plain' } as const;
    const parts = join(folder, 'parts.tar.zst');
    const { bundle } = await squeeze(join(folder, 'edge.tar.zst'), { output: parts, split });
    const files = bundle.parts?.files ?? [];
    expect(files.length).toBeGreaterThan(3);
    const joined = await Promise.all(files.map(async ({ name }) => await readFile(join(folder, name))));
    expect(Buffer.concat(joined).equals(await readFile(squeezed))).toBe(true);
    const back = await unsqueeze(`${parts}.parts.json`, { output: join(folder, 'back.tar.zst'), split });
    const plain = (back.bundle.parts?.files ?? []).map(
      async ({ name }) => await readFile(join(folder, name)),
    );
    expect(Buffer.concat(await Promise.all(plain)).equals(sample.bytes)).toBe(true);
  });

  test('is no difference', async () => {
    const { plain, squeezed } = await sampleFiles();
    const sides = [{ path: plain }, { path: squeezed }] as const;
    expect(await diffBundles(...sides)).toMatchObject({ isSame: true, toShip: { blobs: 0 } });
  });
});

describe('names and refusals', () => {
  test('by default it goes beside the plain one, and back to where that was', async () => {
    const { folder, plain, squeezed } = await squeezedFiles((await bundleOf([], [noise(5000, 1)])).bytes);
    const bytes = await readFile(plain);
    expect(basename(squeezed)).toBe('edge.squeezed.tar.zst');
    expect((await readdir(folder)).toSorted()).toEqual([
      'edge.squeezed.tar.zst',
      'edge.squeezed.tar.zst.sha256',
      'edge.tar.zst',
    ]);
    const { bundle } = await unsqueeze(squeezed);
    expect(bundle.path).toBe(plain);
    expect((await readFile(plain)).equals(bytes)).toBe(true);
  });

  test('a bundle is not written over itself, by whatever name', async () => {
    const { folder, plain, squeezed } = await sampleFiles();
    const link = join(folder, 'link.tar.zst');
    await symlink(plain, link);
    for (const output of [plain, link, `${folder}//edge.tar.zst`])
      expect(await rejection(squeeze(plain, { output })), `of ${output}`).toMatchObject({
        code: 'OUTPUT_TAKEN',
      });
    expect(await rejection(unsqueeze(squeezed, { output: squeezed }))).toMatchObject({
      code: 'OUTPUT_TAKEN',
    });
    expect((await readFile(plain)).equals(sample.bytes)).toBe(true);
  });

  test('what is no bundle is not replaced', async () => {
    const { folder, plain } = await sampleFiles();
    const output = join(folder, 'notes.txt');
    await writeFile(output, 'notes');
    expect(await rejection(squeeze(plain, { output }))).toMatchObject({ kind: 'usage' });
    expect(await readFile(output, 'utf8')).toBe('notes');
  });

  test('what is squeezed or plain already is told', async () => {
    const { plain, squeezed } = await sampleFiles();
    expect(await rejection(squeeze(squeezed))).toMatchObject({ code: 'ALREADY_SQUEEZED', kind: 'usage' });
    expect(await rejection(unsqueeze(plain))).toMatchObject({ code: 'NOT_SQUEEZED', kind: 'usage' });
  });
});
