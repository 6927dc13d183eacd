import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import type { LayerToSqueeze } from '../../src/bundle/plan-squeezed-bundle.ts';
import { applyPatch } from '../../src/delta/apply-patch.ts';
import type { BlobReader } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { LayerSketch } from '../../src/squeeze/layer-sketch.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import type { BaseLayer } from '../../src/workflows/alike-layers.ts';
import { makePatches } from '../../src/workflows/make-patches.ts';
import type { MadePatch, PatchContext } from '../../src/workflows/make-patches.ts';
import { PlainTars } from '../../src/workflows/plain-tars.ts';
import { openSpillFile } from '../../src/workflows/spill-file.ts';
import { layeredBundle } from '../support/delta-bundles.ts';
import { noise, openSample } from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { tarWith, wordyText } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const old = tarWith(wordyText(200_000, 1));
const alike = tarWith(Buffer.concat([wordyText(200_000, 1), Buffer.from('and more')]));
const other = tarWith(noise(200_000, 2));

function sketchOf(plain: Uint8Array): Uint32Array {
  const sketch = new LayerSketch();
  sketch.update(plain);
  return sketch.values();
}

/** A base with a layer of {@link old}, and what patches against it are made with. */
async function against() {
  const folder = await temporaryFolder();
  const threads = new SqueezeThreads(1);
  const tars = new PlainTars(folder, () => threads);
  onTestFinished(async () => {
    await tars[Symbol.asyncDispose]();
    await threads[Symbol.asyncDispose]();
  });
  const bytes = gzipSync(old);
  const layer = { bytes, mediaType: mediaTypes.ociLayerGzip, diffId: digestOf(old) };
  const reader = await openSample((await layeredBundle({ images: [[layer]] })).bytes);
  const olds: BaseLayer[] = [{ digest: digestOf(bytes), size: bytes.length, reader, sketch: sketchOf(old) }];
  const blobs = new MemoryBlobs();
  const files: FileHandle[] = [];
  const counted: number[] = [];
  const context: PatchContext = {
    blobs,
    olds,
    tars,
    threads,
    concurrency: 1,
    createSpill: async () => {
      const file = await openSpillFile(join(folder, 'patch'));
      files.push(file);
      return file;
    },
    onBytes: (count) => void counted.push(count),
    signal: new AbortController().signal,
  };
  onTestFinished(async () => {
    for (const file of files) await file.close();
  });
  const add = (plain: Buffer, level = 6): LayerToSqueeze => {
    const { digest, size } = blobs.add(gzipSync(plain, { level }), '');
    const identity = { digest: digestOf(plain), size: plain.length };
    return { digest, size, plain: identity, recipe: new Uint8Array(), encoder: '' };
  };
  return { context, add, files, counted, oldDigest: digestOf(bytes) };
}

async function contentOf({ file, size }: MadePatch): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size + 1), { position: 0 });
  return buffer.subarray(0, bytesRead);
}

async function* onePieceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

/** Closed ones have no number any more. */
function openFiles(files: readonly FileHandle[]): number {
  return files.filter(({ fd }) => fd >= 0).length;
}

test('a layer that is like one of a base becomes a patch, which gives it back', async () => {
  const { context, add, files, counted, oldDigest } = await against();
  const layers = [add(other), add(alike), add(alike, 1)];
  const patches = await makePatches(
    layers,
    ({ plain }) => sketchOf(plain.digest === digestOf(other) ? other : alike),
    context,
  );
  // Of equal tars one suffices; what is like nothing gets none.
  expect(patches).toHaveLength(1);
  const patch = patches.at(0);
  if (patch === undefined) throw new Error('no patch');
  expect(patch).toMatchObject({ plain: { digest: digestOf(alike), size: alike.length }, olds: [oldDigest] });
  const content = await contentOf(patch);
  expect(digestOf(content)).toBe(patch.digest);
  expect(content.length).toBeLessThan(alike.length / 100);
  const access = {
    size: old.length,
    read: async (position: number, length: number) =>
      await Promise.resolve(old.subarray(position, position + length)),
  };
  const pieces: Uint8Array[] = [];
  for await (const piece of applyPatch(onePieceOf(content), [access], { size: alike.length }))
    pieces.push(Uint8Array.from(piece));
  expect(Buffer.concat(pieces).equals(alike)).toBe(true);
  expect(counted).toEqual(layers.map(({ size }) => size));
  expect(openFiles(files)).toBe(1);
});

test('how many are made at a time makes no difference', async () => {
  const { context, add } = await against();
  const plains = [0, 1, 2, 3, 4].map((seed) =>
    tarWith(Buffer.concat([wordyText(200_000, 1), noise(100, seed)])),
  );
  const layers = plains.map((plain) => add(plain));
  const made = async (concurrency: number) => {
    const patches = await makePatches(layers, () => sketchOf(old), { ...context, concurrency });
    return patches.map(({ digest, size, plain }) => ({ digest, size, plain }));
  };
  const one = await made(1);
  expect(one.map(({ plain }) => plain.digest)).toEqual(plains.map(digestOf));
  expect(await made(3)).toEqual(one);
});

test('it can be stopped in a layer, whatever its thread does meanwhile', async () => {
  const { context, add, files } = await against();
  const stop = new AbortController();
  const reason = new Error('stopped');
  const layer = add(alike);
  const blobs = {
    sizeOf: context.blobs.sizeOf.bind(context.blobs),
    open: async (...[blob, options]: Parameters<BlobReader['open']>) => {
      stop.abort(reason);
      return await context.blobs.open(blob, options);
    },
  };
  const stopped = makePatches([layer], () => sketchOf(old), { ...context, blobs, signal: stop.signal });
  await expect(stopped).rejects.toBe(reason);
  expect(openFiles(files)).toBe(0);
});

test('a patch that has nearly all of the layer in it is not worth its base', async () => {
  const { context, add, files } = await against();
  // It is said to be alike, and is not.
  expect(await makePatches([add(other)], () => sketchOf(old), context)).toEqual([]);
  expect(files).toHaveLength(1);
  expect(openFiles(files)).toBe(0);
});

test('a failure closes what was made before', async () => {
  const { context, add, files } = await against();
  const missing: LayerToSqueeze = { ...add(other), digest: digestOf('nowhere') };
  await expect(makePatches([add(alike), missing], () => sketchOf(old), context)).rejects.toThrow('no blob');
  expect(files).toHaveLength(2);
  expect(openFiles(files)).toBe(0);
});

test('it can be stopped between layers', async () => {
  const { context, add, files } = await against();
  const stop = new AbortController();
  const reason = new Error('stopped');
  const stopping = { ...context, signal: stop.signal, onBytes: () => stop.abort(reason) };
  const layers = [add(alike), add(tarWith(wordyText(150_000, 1)))];
  await expect(makePatches(layers, () => sketchOf(old), stopping)).rejects.toBe(reason);
  expect(files).toHaveLength(1);
  expect(openFiles(files)).toBe(0);
});
