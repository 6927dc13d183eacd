import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { isOriginal } from '../../src/bundle/squeezed-inventory.ts';
import { StreamReader } from '../../src/bundle/stream-reader.ts';
import { verifyBundleBytes } from '../../src/bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { nodeRestorer, openSqueezed, squeezeSample } from '../support/sample-squeezed.ts';
import type { SqueezedSample } from '../support/sample-squeezed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let sample: SampleBundle;
let squeezed: SqueezedSample;

beforeAll(async () => {
  sample = await sampleBundle();
  squeezed = await squeezeSample(sample);
});

test('it says of itself what the plain bundle says, and has an id of its own', async () => {
  const reader = await openSqueezed(squeezed.bytes);
  expect(reader.inventory).toEqual(sample.plan.inventory);
  expect(reader.id).toBe(squeezed.plan.id);
  expect(reader.id).not.toBe(sample.plan.id);
  expect([...reader.files.keys()]).toEqual(sample.plan.inventory.files.map(({ path }) => path));
  expect(reader.frames.firstLong).toBeLessThan(reader.frames.count - 1);
});

test('every blob of the plain bundle comes back, whole and in parts', async () => {
  const reader = await openSqueezed(squeezed.bytes);
  for (const blob of sample.plan.inventory.blobs) {
    const expected = sample.blobs.get(blob.digest);
    expect(Buffer.compare(await readWholeBlob(reader, blob), expected)).toBe(0);
    const range = { start: Math.floor(blob.size / 3), end: Math.ceil(blob.size / 2) };
    const part: Uint8Array[] = [];
    for await (const piece of await reader.open(blob, { range })) part.push(Uint8Array.from(piece));
    expect(Buffer.concat(part).equals(expected.subarray(range.start, range.end))).toBe(true);
  }
});

test('the bytes are the same for any concurrency', async () => {
  const alone = await squeezeSample(sample, { concurrency: 1 });
  const many = await squeezeSample(sample, { concurrency: 5 });
  expect(alone.bytes.equals(squeezed.bytes)).toBe(true);
  expect(many.bytes.equals(squeezed.bytes)).toBe(true);
});

test('verifying finds nothing wrong, and no changed byte goes unnoticed', async () => {
  const { problems, blobs } = await verifyBundleBytes(await openSqueezed(squeezed.bytes));
  expect(problems).toEqual([]);
  expect(blobs).toBe(squeezed.plan.inventory.blobs.length);
  for (let at = 7; at < squeezed.bytes.length; at += 211) {
    const bytes = Buffer.from(squeezed.bytes);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
    expect(await faultOf(bytes), `byte ${at}`).not.toBe('');
  }
}, 60_000);

test('a damaged tar is told of with the images that are made of it', async () => {
  const reader = await openSqueezed(squeezed.bytes);
  const { position } = reader.frames.frame(reader.frames.firstLong);
  const bytes = Buffer.from(squeezed.bytes);
  bytes.writeUInt8(bytes.readUInt8(position + 2000) ^ 1, position + 2000);
  const { problems } = await verifyBundleBytes(await openSqueezed(bytes));
  expect(problems.map(({ role }) => role)).toContain('tar');
  expect(problems.flatMap(({ images }) => images)).toContain('ghcr.io/org/multi:1.0');
});

test('as a stream it gives the same blobs', async () => {
  const reader = await StreamReader.open(inPieces(squeezed.bytes), 'standard input', {
    restorer: nodeRestorer,
  });
  expect(reader.inventory).toEqual(sample.plan.inventory);
  const found = new Set<string>();
  for await (const { blob, content } of reader.blobs(() => true)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(Uint8Array.from(piece));
    expect(Buffer.compare(Buffer.concat(pieces), sample.blobs.get(blob.digest))).toBe(0);
    found.add(blob.digest);
  }
  await reader.finish();
  expect(found.size).toBe(sample.plan.inventory.blobs.length);
});

test('a stream is refused wherever it is cut or changed', async () => {
  for (let at = 100; at < squeezed.bytes.length; at += 997) {
    await expect(readStream(squeezed.bytes.subarray(0, at))).rejects.toBeInstanceOf(PaletteEdgeError);
    const bytes = Buffer.from(squeezed.bytes);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 16, at);
    await expect(readStream(bytes)).rejects.toBeInstanceOf(PaletteEdgeError);
  }
}, 60_000);

test('other tools find a tar with an image layout', async () => {
  const path = join(await temporaryFolder(), 'squeezed.tar.zst');
  await writeFile(path, squeezed.bytes);
  execFileSync('zstd', ['-q', '-t', path]);
  const names = execFileSync('sh', ['-c', 'zstd -dc "$0" | tar -tf -', path], { encoding: 'utf8' }).split(
    '\n',
  );
  expect(names).toContain('index.json');
  const blobs = squeezed.plan.inventory.blobs.length;
  expect(names.filter((name) => name.startsWith('blobs/sha256/'))).toHaveLength(blobs);
});

test('each blob of the plain inventory comes from one place', () => {
  const { inventory } = squeezed.plan;
  const originals = inventory.blobs.filter(isOriginal).map(({ digest }) => digest);
  const layers = inventory.layers.map(({ digest }) => digest);
  expect([...originals, ...layers].toSorted()).toEqual(
    sample.plan.inventory.blobs.map(({ digest }) => digest).toSorted(),
  );
});

/** What tells of the fault; empty when nothing does. */
async function faultOf(bytes: Buffer): Promise<string> {
  try {
    const { problems } = await verifyBundleBytes(await openSqueezed(bytes));
    return problems.map(({ message }) => message).join();
  } catch (error) {
    return String(error);
  }
}

async function readStream(bytes: Buffer): Promise<void> {
  const reader = await StreamReader.open(inPieces(bytes), 'standard input', { restorer: nodeRestorer });
  for await (const { content } of reader.storedBlobs()) for await (const piece of content) void piece;
  await reader.finish();
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 1013) yield await Promise.resolve(bytes.subarray(at, at + 1013));
}
