import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { encodeFrameTable } from '../../src/bundle/frame-table.ts';
import { verifyBundleBytes } from '../../src/bundle/verify-bundle.ts';
import type { VerifyReport } from '../../src/bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import {
  imageToBundle,
  memoryAccess,
  openSample,
  sampleBundle,
  sampleContent,
  writeSample,
} from '../support/sample-bundle.ts';
import { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { sampleBundleWithCompanions, sampleCompanions, sbomType } from '../support/sample-companions.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';

const sample = await sampleBundle();
const { blobs } = sample.plan.inventory;

test('an undamaged bundle has no problems, and everything is counted', async () => {
  let counted = 0;
  const reader = await openSample(sample.bytes);
  const report = await verifyBundleBytes(reader, { onBytes: (count) => (counted += count) });
  expect(report).toEqual({
    blobs: blobs.length,
    bytes: blobs.reduce((sum, { size }) => sum + size, 0),
    problems: [],
  });
  expect(counted).toBe(sample.plan.tarSize - reader.frames.contentSize(0));
});

test('companions are verified as images are', async () => {
  const bundle = await sampleBundleWithCompanions();
  expect((await verify(bundle.bytes)).problems).toEqual([]);
  const { images, blobs: bundled } = bundle.plan.inventory;
  const sbom = images.find(({ artifactType }) => artifactType !== undefined);
  const layer = bundled.find(({ mediaType }) => mediaType === sbomType)?.digest ?? digestOf('');
  const report = await verify(await damaged(bundle, [layer]));
  expect(report.problems.find(({ digest }) => digest === layer)?.images).toContain(sbom?.reference);
});

test('a type that is not that of the companion is found', async () => {
  const content = new MemoryBlobs();
  const root = addImage(content, 'app');
  const companions = await sampleCompanions(content, { repository: 'ghcr.io/org/app', tag: '1.0', root });
  const images = [
    imageToBundle('ghcr.io/org/app:1.0', await graphOf(content, root)),
    ...companions.map((companion) => ({
      ...companion,
      graph: { ...companion.graph, artifactType: 'a/lie' },
    })),
  ];
  const { bytes } = await writeSample({ ...(await sampleContent(content)), images }, content);
  const { problems } = await verify(bytes);
  expect(problems).toHaveLength(companions.length);
  expect(problems[0]?.message).toBe('its type is not that of the inventory');
});

test('any byte changed in any way is found', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(sample.size - 1), fc.integer({ min: 1, max: 255 }), async (position, mask) => {
      expect(await isFaulty(flip(sample.bytes, position, mask))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('every single byte counts', async () => {
  const own = new MemoryBlobs();
  const images = [imageToBundle('quay.io/a/b:1', await graphOf(own, addImage(own, 'x')))];
  const { bytes } = await writeSample({ ...(await sampleContent(own)), images }, own);
  const unnoticed: number[] = [];
  for (let position = 0; position < bytes.length; position += 1) {
    if (!(await isFaulty(flip(bytes, position, 1 << (position % 8))))) unnoticed.push(position);
  }
  expect(unnoticed).toEqual([]);
});

test('all damaged blobs are named, with the images that need them', async () => {
  const layers = blobs.filter(({ role }) => role === 'layer');
  const bytes = await damaged(sample, [layers.at(0)!.digest, layers.at(2)!.digest]);
  const report = await verify(bytes);
  const byDigest = new Map(report.problems.map((problem) => [problem.digest, problem]));
  expect(byDigest.get(layers.at(0)!.digest)).toMatchObject({ role: 'layer' });
  expect(byDigest.get(layers.at(0)!.digest)?.images).toEqual([
    'ghcr.io/org/multi:1.0',
    expect.stringMatching(/^quay\.io\/org\/pinned@sha256:/),
  ]);
  expect(byDigest.get(layers.at(2)!.digest)?.images).toEqual(['docker.io/library/nginx:1.27']);
});

test('a damaged manifest is named, and the rest is still checked', async () => {
  const index = blobs.at(0)!;
  const report = await verify(await damaged(sample, [index.digest]));
  expect(report.problems.find(({ digest }) => digest === index.digest)).toMatchObject({
    role: 'index',
    images: expect.arrayContaining(['ghcr.io/org/multi:1.0']),
    message: expect.stringContaining('frame 1'),
  });
});

test('the problems are the same for any concurrency', async () => {
  const bytes = await damaged(sample, [blobs.at(1)!.digest, blobs.at(-1)!.digest]);
  const reports = await Promise.all(
    [1, 2, 16].map(async (concurrency) => await verifyBundleBytes(await openSample(bytes), { concurrency })),
  );
  expect(reports[1]).toEqual(reports[0]);
  expect(reports[2]).toEqual(reports[0]);
});

test('a failure to read the file is an error, not a problem of the bundle', async () => {
  const access = memoryAccess(sample.bytes);
  let isBroken = false;
  const read = async (position: number, length: number) => {
    if (isBroken) throw new PaletteEdgeError('DISK_FAILURE', 'reading failed: EIO', { kind: 'disk' });
    return await access.read(position, length);
  };
  const reader = await BundleReader.open({ ...access, read }, 'x');
  isBroken = true;
  await expect(verifyBundleBytes(reader)).rejects.toMatchObject({ kind: 'disk' });
});

test('an aborted signal stops it', async () => {
  const reader = await openSample(sample.bytes);
  await expect(
    verifyBundleBytes(reader, { signal: AbortSignal.abort(new Error('stopped')) }),
  ).rejects.toThrow('stopped');
});

describe('what a writer can get wrong though all digests match', () => {
  test('a kept manifest names a blob that is not there', async () => {
    const content = await sampleContent(new MemoryBlobs());
    const own = new MemoryBlobs();
    const graph = await graphOf(own, addImage(own, 'x'));
    const without = { ...graph, blobs: graph.blobs.filter(({ role }) => role !== 'layer') };
    const { bytes } = await writeSample(
      { ...content, images: [imageToBundle('quay.io/a/b:1', without)] },
      own,
    );
    const layer = graph.blobs.at(-1)!.descriptor.digest;
    expect((await verify(bytes)).problems).toEqual([
      {
        path: `blobs/sha256/${layer.slice(7)}`,
        digest: layer,
        role: undefined,
        images: ['quay.io/a/b:1'],
        message: 'the bundle does not hold it',
      },
    ]);
  });

  test('the inventory names other platforms', async () => {
    const own = new MemoryBlobs();
    const graph = await graphOf(own, addImage(own, 'x'));
    const lying = { ...graph, platforms: ['linux/s390x'] };
    const content = {
      ...(await sampleContent(new MemoryBlobs())),
      images: [imageToBundle('quay.io/a/b:1', lying)],
    };
    const { problems } = await verify((await writeSample(content, own)).bytes);
    expect(problems[0]?.message).toContain('platforms');
  });

  test('manifest.json names another image', async () => {
    const own = new MemoryBlobs();
    const graph = await graphOf(own, addImage(own, 'x'));
    const lying = { ...graph, images: [] };
    const content = {
      ...(await sampleContent(new MemoryBlobs())),
      images: [imageToBundle('quay.io/a/b:1', lying)],
    };
    const { problems } = await verify((await writeSample(content, own)).bytes);
    expect(problems).toMatchObject([{ path: 'manifest.json' }]);
  });

  test('a root is no manifest', async () => {
    const own = new MemoryBlobs();
    const root = own.add('not a manifest', mediaTypes.ociManifest);
    const graph = {
      root,
      blobs: [{ descriptor: root, role: 'manifest' as const }],
      images: [],
      platforms: [],
      omittedPlatforms: [],
      missingPlatforms: [],
    };
    const content = {
      ...(await sampleContent(new MemoryBlobs())),
      images: [imageToBundle('quay.io/a/b:1', graph)],
    };
    const { problems } = await verify((await writeSample(content, own)).bytes);
    expect(problems).toMatchObject([
      { digest: root.digest, message: expect.stringContaining('not valid JSON') },
    ]);
  });
});

test.each([
  ['whole', undefined],
  ['sparse', [{ os: 'linux', architecture: 'arm64' }]],
])('an index with attestations, nested and unknown entries is in order: %s', async (_, platforms) => {
  const own = new MemoryBlobs();
  const amd64 = addImage(own, 'a');
  const arm64 = addImage(own, 'b', { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
  const attestation = (digest: Digest) => {
    const manifest = addImage(own, `attestation of ${digest}`, {
      platform: { os: 'unknown', architecture: 'unknown' },
    });
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digest,
    };
    return { ...manifest, annotations };
  };
  const nested = addIndex(own, [addImage(own, 'c', { platform: { os: 'linux', architecture: 'riscv64' } })]);
  const opaque = own.add('opaque', 'application/x-opaque');
  const root = addIndex(own, [
    amd64,
    arm64,
    attestation(amd64.digest),
    attestation(arm64.digest),
    attestation(opaque.digest),
    nested,
    opaque,
  ]);
  const content = {
    ...(await sampleContent(new MemoryBlobs())),
    images: [imageToBundle('quay.io/a/b:1', await graphOf(own, root, platforms))],
  };
  expect((await verify((await writeSample(content, own)).bytes)).problems).toEqual([]);
});

test('a seek table that is not ours is refused', async () => {
  const reader = await openSample(sample.bytes);
  const sizes = Array.from({ length: reader.frames.count }, (_, index) => reader.frames.contentSize(index));
  const table = sizes.map((contentSize) => ({ size: 10, contentSize, check: 0 }));
  const bytes = Buffer.concat([Buffer.alloc(10 * table.length), encodeFrameTable(table)]);
  await expect(openSample(bytes)).rejects.toMatchObject({ code: 'BUNDLE_DAMAGED' });
  const uneven = table.map((entry, index) => (index === 2 ? { ...entry, contentSize: 99 } : entry));
  await expect(
    openSample(Buffer.concat([Buffer.alloc(10 * table.length), encodeFrameTable(uneven)])),
  ).rejects.toThrow('size of the others');
});

async function verify(bytes: Uint8Array): Promise<VerifyReport> {
  return await verifyBundleBytes(await openSample(bytes));
}

/** Whether opening or verifying says so, in words of ours. */
async function isFaulty(bytes: Buffer): Promise<boolean> {
  try {
    return (await verify(bytes)).problems.length > 0;
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.kind === 'content') return true;
    throw error;
  }
}

function flip(bytes: Buffer, position: number, mask: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(position) ^ mask, position);
  return flipped;
}

/** Flips a byte in the frame that holds the middle of each blob. */
async function damaged(
  { bytes, blobs: content }: Pick<SampleBundle, 'bytes' | 'blobs'>,
  digests: readonly Digest[],
): Promise<Buffer> {
  const reader = await openSample(bytes);
  const { frames } = reader;
  const tarParts: Uint8Array[] = [];
  for await (const part of frames.stream({ start: 0, end: frames.tarSize })) tarParts.push(part);
  const tar = Buffer.concat(tarParts);
  const result = Buffer.from(bytes);
  for (const digest of digests) {
    const middle = tar.indexOf(content.get(digest)) + Math.floor(content.get(digest).length / 2);
    const frame = 1 + Math.floor((middle - frames.contentSize(0)) / frames.contentSize(1));
    const position = framePosition(bytes, frame) + 20;
    result.writeUInt8(result.readUInt8(position) ^ 0x10, position);
  }
  return result;
}

/** Where a frame begins, by the seek table as zstd's seekable format has it. */
function framePosition(bytes: Buffer, frame: number): number {
  const count = bytes.readUInt32LE(bytes.length - 9);
  const entries = bytes.length - 9 - count * 8;
  let position = 0;
  for (let index = 0; index < frame; index += 1) position += bytes.readUInt32LE(entries + index * 8);
  return position;
}
