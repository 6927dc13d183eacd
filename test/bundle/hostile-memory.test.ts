import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { blobHeader, encodeHead, paddingFor, tarEnd } from '../../src/bundle/tar-layout.ts';
import { toDigest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { craftBundle, craftHead, describedFile, frameOf, joinFrames, tarOf } from '../fuzz/crafted-bundle.ts';
import { readingWays } from '../fuzz/hostile-process.ts';
import type { HostileReport } from '../fuzz/hostile-process.ts';
import { imageToBundle, sampleBundle, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const sample = await sampleBundle();
const { head, tail } = await tarOf(sample);

/**
 * Node and the tool have a hundred; a head may have 64 MiB, an inventory 16, and all of it is there more than once. A frame of 128 MiB that is read may
 * still be there with the next two, until its memory is collected.
 */
const mostMebibytes = 640;
/** Seconds, on a machine with other things to do. A hang is what must not be. */
const boundMs = 100_000;

/** Inspects, verifies, serves and extracts a bundle in another process, and sees that nothing is left of what failed. */
async function read(
  bundle: Uint8Array,
  ways: readonly string[] = readingWays,
): Promise<HostileReport['ends']> {
  const folder = await temporaryFolder();
  const [path, target] = [join(folder, 'hostile.tar.zst'), join(folder, 'target')];
  await writeFile(path, bundle);
  await mkdir(target);
  const program = fileURLToPath(new URL('../fuzz/hostile-process.ts', import.meta.url));
  const args = ['--expose-gc', program, path, target, ...ways];
  const { stdout } = await run(process.execPath, args, { timeout: boundMs, killSignal: 'SIGKILL' });
  const { ends, peak }: HostileReport = JSON.parse(stdout);
  expect(peak).toBeLessThan(mostMebibytes);
  expect((await readdir(folder)).toSorted()).toEqual(['hostile.tar.zst', 'target']);
  const written = Object.entries({ extracted: ends.extract, streamed: ends.stream });
  expect((await readdir(target)).toSorted()).toEqual(
    written.flatMap(([name, end]) => (end === 'whole' ? [name] : [])),
  );
  return ends;
}

function allWith(code: string): HostileReport['ends'] {
  return { inspect: code, verify: code, extract: code, stream: code, serve: code };
}

/** Without the ways that would write all of it to this disk. */
const withoutExtracting = ['inspect', 'verify', 'serve'];

/** The sample with another text for its inventory. */
function withInventory(text: string): Buffer {
  const inventory = () => Buffer.from(text);
  return craftBundle({ head: craftHead(sample, { inventory }), tail });
}

test('the sample itself is read in all ways', async () => {
  expect(await read(sample.bytes)).toEqual(allWith('whole'));
});

test.each([
  ['five million objects', `[${'{},'.repeat(5_000_000)}{}]`],
  ['five million lists', `[${'[],'.repeat(5_000_000)}[]]`],
  ['a million fields', `{${Array.from({ length: 1_000_000 }, (_, index) => `"${index + 1e6}":1`).join()}}`],
  ['eight million lists in each other', `${'['.repeat(8_000_000)}${']'.repeat(8_000_000)}`],
  ['a long text in lists', `${'[1,'.repeat(2500)}"${'x'.repeat(16_000_000)}"${']'.repeat(2500)}`],
  ['as many objects as may be', `{"images":[${'{},'.repeat(500_000)}{}]}`],
  ['more bytes than may be', `["${'x'.repeat(17 * 1024 * 1024)}"]`],
])('an inventory of %s is refused', { timeout: 2 * boundMs }, async (_, text) => {
  expect(await read(withInventory(text))).toEqual(allWith('INVENTORY_INVALID'));
});

test('ten million entries in index.json are not parsed', { timeout: 2 * boundMs }, async () => {
  const index = { path: 'index.json', bytes: Buffer.from(`[${'{},'.repeat(10_000_000)}{}]`) };
  const crafted = craftHead(sample, {
    inventory: ({ files }) => void Object.assign(files.at(1)!, describedFile(index)),
    entries: (entries) => entries.map((entry) => (entry.path === index.path ? index : entry)),
  });
  const ends = await read(craftBundle({ head: crafted, tail }));
  // Whoever does not ask for it need not know that it lies.
  expect(ends).toEqual({ ...allWith('whole'), verify: 'damaged' });
});

test('a head of a hundred thousand entries is refused', { timeout: 2 * boundMs }, async () => {
  const many = Array.from({ length: 100_000 }, (_, index) => ({ path: `x${index}`, bytes: Buffer.alloc(0) }));
  const crafted = Buffer.concat([head, encodeHead(many)]);
  expect(await read(craftBundle({ head: crafted, tail }))).toEqual(allWith('BUNDLE_DAMAGED'));
});

test('a seek table of a million frames is refused', { timeout: 2 * boundMs }, async () => {
  const frame = frameOf(Buffer.alloc(1));
  const frames = [frameOf(head), ...Array.from({ length: 2 ** 20 - 2 }, () => frame)];
  expect(await read(joinFrames(frames))).toEqual(allWith('BUNDLE_DAMAGED'));
});

test(
  'frames of 128 MiB, which are kilobytes in the file, are read one at a time',
  { timeout: 2 * boundMs },
  async () => {
    const frameSize = 128 * 1024 * 1024;
    const size = 6 * frameSize - 4096;
    const zeros = Buffer.alloc(frameSize);
    const hash = createHash('sha256');
    for (let left = size; left > 0; left -= frameSize) hash.update(zeros.subarray(0, left));
    const digest = toDigest(hash.digest('hex'));
    const described = { digest, size };
    const blob = { ...described, mediaType: 'application/octet-stream', role: 'file' as const };
    const crafted = craftHead(sample, {
      inventory: (document) => {
        document['formatVersion'] = 3;
        document['rawFiles'] = [{ ...described, name: 'zeros' }];
        document.images = [];
        document.blobs = [blob];
      },
    });
    const first = Buffer.concat([blobHeader(blob), zeros.subarray(512)]);
    const last = Buffer.concat([zeros.subarray(0, size + 512 - 5 * frameSize), paddingFor(size), tarEnd()]);
    const cut = frameOf(zeros);
    const ends = await read(
      joinFrames([frameOf(crafted), frameOf(first), cut, cut, cut, cut, frameOf(last)]),
    );
    expect(ends).toMatchObject({ inspect: 'whole', verify: 'damaged', serve: 'whole' });
  },
);

/** A manifest of ten thousand layers. */
function manyLayers(blobs: MemoryBlobs, annotation: string) {
  const config = blobs.addJson({ architecture: 'amd64', os: 'linux' }, mediaTypes.ociConfig);
  const layer = blobs.add('layer', mediaTypes.ociLayerGzip);
  const layers = Array.from({ length: 10_000 }, () => layer);
  const annotations = { name: annotation };
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers, annotations };
  return blobs.addJson(document, mediaTypes.ociManifest);
}

test(
  'forty thousand images of ten thousand layers are too much to verify',
  { timeout: 2 * boundMs },
  async () => {
    const blobs = new MemoryBlobs();
    const graph = await graphOf(blobs, manyLayers(blobs, 'one'));
    const images = [imageToBundle('quay.io/a/b:0', graph)];
    const bundle = await writeSample({ ...(await sampleContent(new MemoryBlobs())), images }, blobs);
    const crafted = craftHead(bundle, {
      inventory: (document) => {
        const image = document.images.at(0)!;
        document.images = Array.from({ length: 40_000 }, (_, index) => ({
          ...image,
          reference: `quay.io/a/b:${index + 10_000}`,
        }));
      },
    });
    const ends = await read(craftBundle({ head: crafted, tail: (await tarOf(bundle)).tail }, 2 ** 20));
    expect(ends).toMatchObject({ inspect: 'whole', verify: 'damaged', serve: 'damaged' });
  },
);

test('manifests of ten thousand layers each are too much to verify', { timeout: 2 * boundMs }, async () => {
  const blobs = new MemoryBlobs();
  const images = [];
  for (let index = 0; index < 60; index += 1) {
    const graph = { ...(await graphOf(blobs, manyLayers(blobs, String(index)))), images: [] };
    images.push(imageToBundle(`quay.io/a/b:${index}`, graph));
  }
  const { bytes } = await writeSample({ ...(await sampleContent(new MemoryBlobs())), images }, blobs, {
    frameContent: 2 ** 21,
  });
  const ends = await read(bytes, withoutExtracting);
  expect(ends).toEqual({ inspect: 'whole', verify: 'damaged', serve: 'damaged' });
});
