import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { inventoryPath } from '../../src/bundle/inventory.ts';
import { serializeSqueezedInventory } from '../../src/bundle/squeezed-inventory.ts';
import { encodeHead } from '../../src/bundle/tar-layout.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { encodeRecipe, parseRecipe } from '../../src/squeeze/recipe.ts';
import { checkBundleBlobs } from '../../src/workflows/check-bundle-blobs.ts';
import type { OpenRequest } from '../../src/workflows/open-request.ts';
import { verifyWithBases } from '../../src/workflows/verify-bundle.ts';
import { verifyStream } from '../../src/workflows/verify-stream.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { frameOf, joinFrames } from '../fuzz/crafted-bundle.ts';
import { bundleSigner } from '../support/bundle-signer.ts';
import type { BundleSigner } from '../support/bundle-signer.ts';
import { bundleIn, layeredBundle, makeDelta, wordsLayer } from '../support/delta-bundles.ts';
import { forgedSqueezed } from '../support/forged-squeezed.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { piped } from '../support/rich-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { sampleContent, writeSample } from '../support/sample-bundle.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let site: BundleSigner;
/** Two versions of a bundle, and the second one squeezed, and as a delta bundle. */
let first: string;
let second: string;
let squeezed: string;
let delta: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  site = await bundleSigner(folder, 'site');
  first = await bundleIn(folder, 'v1.tar.zst', await layeredBundle({ images: [[wordsLayer(1)]] }));
  const next = await layeredBundle({ images: [[wordsLayer(1, 'new')]] });
  second = await bundleIn(folder, 'v2.tar.zst', next);
  squeezed = (await squeeze(second)).bundle.path;
  delta = join(folder, 'v2.delta.tar.zst');
  await makeDelta(second, { bases: [first], output: delta, threads: 1 });
  for (const path of [first, second, squeezed, delta]) await site.signFile(path);
});
afterAll(async () => await rm(folder, { recursive: true }));

const listener = { onStart: () => undefined, onBytes: () => undefined };
const { signal } = new AbortController();

async function verified(path: string, request: OpenRequest = { trust: site.trust }) {
  return await verifyWithBases({ path, ...request }, listener, signal);
}

/** What others made, with the signature of another bundle beside it. */
async function withSignatureOf(signed: string, bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'edge.tar.zst');
  await writeFile(path, bytes);
  await copyFile(`${signed}.sig`, `${path}.sig`);
  return path;
}

describe('a signed bundle is whole', () => {
  const bySite = () => ({ problems: [], signedBy: [{ keyId: site.keyId, keyFile: site.keyFile }] });

  test('plain and squeezed, by the same signature', async () => {
    expect(await verified(second)).toMatchObject(bySite());
    expect(await verified(squeezed)).toMatchObject(bySite());
    expect(await readFile(`${squeezed}.sig`)).toEqual(await readFile(`${second}.sig`));
  });

  test('as a delta bundle, whose base nobody has to have signed', async () => {
    const base = join(await temporaryFolder(), 'unsigned.tar.zst');
    await copyFile(first, base);
    const bases = { paths: [base], folder: tmpdir() };
    expect(await verified(delta, { bases, trust: site.trust })).toMatchObject(bySite());
    expect(await verified(delta)).toMatchObject(bySite());
  });

  test('without a word of signatures when nobody asked', async () => {
    expect(await verified(squeezed, {})).not.toHaveProperty('signedBy');
  });
});

test('no byte of a plain bundle can be changed', async () => {
  const blobs = new MemoryBlobs();
  const { bytes } = await writeSample({ ...(await sampleContent(blobs)), sign: site.sign }, blobs);
  const path = join(await temporaryFolder(), 'edge.tar.zst');
  for (let place = 0; place < bytes.length; place += 173) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
    await writeFile(path, changed);
    const problems = await verified(path).then(
      (result) => result.problems,
      () => 'refused' as const,
    );
    expect(problems, `byte ${place}`).not.toEqual([]);
  }
});

describe('what somebody made anew with all digests right is refused', () => {
  test('another plain bundle', async () => {
    const path = await withSignatureOf(first, await readFile(second));
    expect(await rejection(verified(path))).toMatchObject({ code: 'SIGNATURE_WRONG' });
    expect(await verified(path, {})).toMatchObject({ problems: [] });
  });

  test('another squeezed bundle', async () => {
    const path = await withSignatureOf(first, await readFile(squeezed));
    expect(await rejection(verified(path))).toMatchObject({ code: 'SIGNATURE_WRONG' });
    expect(await verified(path, {})).toMatchObject({ problems: [] });
  });

  test('another delta bundle', async () => {
    const path = await withSignatureOf(first, await readFile(delta));
    const bases = { paths: [first], folder: tmpdir() };
    expect(await rejection(verified(path, { bases, trust: site.trust }))).toMatchObject({
      code: 'SIGNATURE_WRONG',
    });
  });

  test('the same delta bundle, against a base that is called the same and has other layers', async () => {
    const other = await layeredBundle({ images: [[wordsLayer(3)]] });
    const base = await bundleIn(await temporaryFolder(), 'v1.tar.zst', other);
    const bases = { paths: [base], folder: tmpdir() };
    expect(await rejection(verified(delta, { bases, trust: site.trust }))).toMatchObject({
      code: 'BASE_NEEDED',
    });
  });
});

describe('what is in a squeezed bundle in the place of signed layers is not signed, and must be of them', () => {
  /** Both of verify and of what copies a bundle as it is. */
  async function problemsOf(bytes: Uint8Array) {
    const path = await withSignatureOf(squeezed, bytes);
    // Nobody could tell without restoring.
    expect(await verified(path, {})).toMatchObject({ problems: [] });
    const copied = checkBundleBlobs(path, { trust: site.trust, signal, ...listener });
    expect(await rejection(copied)).toMatchObject({ code: 'BUNDLE_DAMAGED' });
    return (await verified(path)).problems.map(({ message }) => message);
  }

  test('as it was it passes', async () => {
    const path = await withSignatureOf(squeezed, await forgedSqueezed(squeezed, (standIn) => standIn));
    expect((await verified(path)).problems).toEqual([]);
    await checkBundleBlobs(path, { trust: site.trust, signal, ...listener });
  });

  test('another tar', async () => {
    const forged = await forgedSqueezed(squeezed, ({ plain, recipe }) => {
      const evil = Buffer.from(plain);
      evil.write('#!/bin/sh', 512);
      return { plain: evil, recipe };
    });
    expect(await problemsOf(forged)).not.toEqual([]);
  });

  test('no tar at all, beside a recipe that has the whole layer', async () => {
    const empty = { digest: digestOf(Buffer.alloc(0)), size: 0 };
    const forged = await forgedSqueezed(squeezed, ({ recipe }, gzip) => {
      const parsed = parseRecipe(recipe, digestOf(gzip));
      const segments = [{ kind: 'literal' as const, bytes: gzip }];
      return { plain: Buffer.alloc(0), recipe: encodeRecipe({ ...parsed, plain: empty, segments }) };
    });
    for (const message of await problemsOf(forged))
      expect(message).toMatch(
        /^other tools find sha256:e3b0c442\S+ in its place, but it decompresses to sha256:/,
      );
  });

  test('a recipe that is none', async () => {
    const forged = await forgedSqueezed(squeezed, ({ plain }) => ({ plain, recipe: Buffer.from('none') }));
    expect(await problemsOf(forged)).not.toEqual([]);
  });

  test('a recipe of another layer', async () => {
    const forged = await forgedSqueezed(squeezed, ({ plain, recipe }, gzip) => {
      const parsed = parseRecipe(recipe, 'a layer');
      const other = { digest: digestOf(plain), size: gzip.length };
      return { plain, recipe: encodeRecipe({ ...parsed, gzip: other }) };
    });
    expect(await problemsOf(forged)).not.toEqual([]);
  });

  test('nothing is restored where the config of an image names the tar', async () => {
    const onStart = vi.fn<(total: number) => void>();
    await verifyWithBases({ path: squeezed, trust: site.trust }, { ...listener, onStart }, signal);
    expect(onStart).toHaveBeenCalledTimes(1);
  });

  describe('from standard input', () => {
    async function streamed(path: string) {
      const trust = { ...site.trust, signatureFiles: [`${path}.sig`] };
      return await verifyStream({ path: '-', stream: piped(await readFile(path)), trust }, listener, signal);
    }

    test('it passes when it is what the images name', async () => {
      expect(await streamed(squeezed)).toMatchObject({ problems: [], signedBy: [{ keyId: site.keyId }] });
    });

    test('where they do not name it, it cannot be told, and is refused', async () => {
      const forged = await forgedSqueezed(squeezed, ({ recipe }) => ({ plain: Buffer.from('evil'), recipe }));
      const path = await withSignatureOf(squeezed, forged);
      expect(await rejection(streamed(path))).toMatchObject({ code: 'FILE_NEEDED', kind: 'usage' });
    });
  });
});

test('images that a delta bundle shows to other tools are told of, with its bases and without', async () => {
  const path = await withSignatureOf(delta, await showingImages(delta, await squeezedIndex()));
  const bases = { paths: [first], folder: tmpdir() };
  for (const request of [{}, { trust: site.trust }, { bases, trust: site.trust }])
    expect((await verified(path, request)).problems).toMatchObject([{ path: 'index.json' }]);
  const stream = { path: '-', stream: piped(await readFile(path)) };
  expect((await verifyStream(stream, listener, signal)).problems).toMatchObject([{ path: 'index.json' }]);
});

async function squeezedIndex(): Promise<Uint8Array> {
  return await withBundle(squeezed, async ({ stored }) => {
    return await Promise.resolve(stored.files.get('index.json') ?? Buffer.alloc(0));
  });
}

/** A delta bundle with another index, and all digests right for that. */
async function showingImages(path: string, index: Uint8Array): Promise<Buffer> {
  return await withBundle(path, async ({ frames, stored: { squeezed: own, files } }) => {
    if (own === undefined) throw new Error('it is no delta bundle');
    const entries = [...files].map(([name, bytes]) => ({
      path: name,
      bytes: name === 'index.json' ? index : bytes,
    }));
    const listed = entries.map((entry) => ({
      path: entry.path,
      size: entry.bytes.length,
      digest: digestOf(entry.bytes),
    }));
    const inventory = { path: inventoryPath, bytes: serializeSqueezedInventory({ ...own, files: listed }) };
    const contents = [encodeHead([...entries.slice(0, 3), inventory, ...entries.slice(3)])];
    for (let frame = 1; frame < frames.count; frame += 1)
      contents.push(Buffer.from(await frames.read(frame)));
    return joinFrames(contents.map(frameOf));
  });
}

test('a checksum beside a bundle vouches for nothing where it must be signed', async () => {
  const blobs = new LyingBlobs();
  const content = { ...(await sampleContent(blobs)), sign: site.sign };
  blobs.isLying = true;
  const { bytes } = await writeSample(content, blobs);
  const path = join(await temporaryFolder(), 'edge.tar.zst');
  await writeFile(path, bytes);
  await writeFile(`${path}.sha256`, `${digestHex(digestOf(bytes))}  edge.tar.zst\n`);
  await makeIso([path]);
  await rm(path.replace('.tar.zst', '.iso'));
  expect(await rejection(makeIso([path], { trust: site.trust }))).toMatchObject({ code: 'BUNDLE_DAMAGED' });
});

/** Gives layers with a byte changed, once the bundle is planned. */
class LyingBlobs extends MemoryBlobs {
  isLying = false;

  override get(digest: Digest): Buffer {
    const bytes = Buffer.from(super.get(digest));
    if (this.isLying && bytes.length > 4000) bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    return bytes;
  }
}

test('a plain bundle is verified from standard input', async () => {
  const stream = { path: '-', stream: piped(await readFile(first)) };
  const trust = { ...site.trust, signatureFiles: [`${first}.sig`] };
  expect(await verifyStream({ ...stream, trust }, listener, signal)).toMatchObject({
    problems: [],
    signedBy: [{ keyFile: site.keyFile }],
  });
});
