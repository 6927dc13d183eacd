import { expect, test } from 'vitest';

import { streamFrames } from '../../src/bundle/stream-frames.ts';
import { frameHeader, maximumFrameContent } from '../../src/bundle/zstd-frame-structure.ts';
import { compressFrame } from '../../src/bundle/zstd-frames.ts';
import { rejection } from '../support/rejection.ts';
import { openSample, sampleBundle, smallFrameContent } from '../support/sample-bundle.ts';

const sample = await sampleBundle();
const { frames } = await openSample(sample.bytes);

/** In pieces of a size. */
async function* inPieces(bytes: Uint8Array, size = 1000) {
  for (let start = 0; start < bytes.length; start += size)
    yield await Promise.resolve(bytes.subarray(start, start + size));
}

async function contentOf(bytes: Uint8Array, size?: number): Promise<Buffer[]> {
  const contents: Buffer[] = [];
  for await (const content of streamFrames(inPieces(bytes, size), 'sample'))
    contents.push(Buffer.from(content));
  return contents;
}

const failureOf = async (bytes: Uint8Array) => await rejection(contentOf(bytes));

test.each([1, 7, 4096, 1_000_000])('in pieces of %i bytes it gives every frame', async (size) => {
  const contents = await contentOf(sample.bytes, size);
  expect(contents).toHaveLength(frames.count);
  for (const [index, content] of contents.entries()) {
    expect(content.equals(await frames.read(index))).toBe(true);
  }
});

test('no changed byte goes unnoticed', async () => {
  const places = [
    ...Array.from({ length: Math.floor(sample.bytes.length / 61) }, (_, index) => index * 61),
    ...Array.from({ length: 250 }, (_, index) => sample.bytes.length - 1 - index),
  ];
  for (const place of places) {
    const bytes = Buffer.from(sample.bytes);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 0x10, place);
    expect(await failureOf(bytes), `byte ${place}`).toMatchObject({ kind: 'content' });
  }
});

test('wherever it is cut off, that is told', async () => {
  for (let length = 0; length < sample.bytes.length; length += 97) {
    expect(await failureOf(sample.bytes.subarray(0, length)), `${length} bytes`).toMatchObject({
      code: length === 0 || length > 3 ? 'BUNDLE_TRUNCATED' : 'NOT_A_BUNDLE',
    });
  }
  expect(await failureOf(sample.bytes.subarray(0, -1))).toMatchObject({ code: 'BUNDLE_TRUNCATED' });
});

test('nothing may follow', async () => {
  const error = await failureOf(Buffer.concat([sample.bytes, Buffer.from([0])]));
  expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
  expect(error.message).toBe('sample is damaged: there is something behind its seek table');
});

test.each<[what: string, bytes: Buffer, message: string]>([
  ['a text', Buffer.from('hello hello'), 'it does not begin with a Zstandard frame'],
  ['gzip', Buffer.from('1f8b0800', 'hex'), 'it is gzip'],
  [
    'zstd of another tool',
    Buffer.from('28b52ffd04580900006869', 'hex'),
    'its first frame is not one of ours',
  ],
])('%s is no bundle', async (_what, bytes, reason) => {
  const error = await failureOf(bytes);
  expect(error).toMatchObject({ code: 'NOT_A_BUNDLE', kind: 'content' });
  expect(error.message).toContain(reason);
});

test('a head that says it is huge is refused before anything is decompressed', async () => {
  const error = await failureOf(frameHeader(maximumFrameContent));
  expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED' });
  expect(error.message).toContain(`frame 0: it cannot have ${maximumFrameContent} bytes of content`);
});

test('blocks that go on for longer than the content allows are refused', async () => {
  const block = Buffer.concat([Buffer.from([0, 0, 2]), Buffer.alloc(16_384)]);
  const error = await failureOf(Buffer.concat([frameHeader(20_000), block, block]));
  expect(error.message).toContain('frame 0: it is larger than its content allows');
});

test('frames of uneven sizes are refused', async () => {
  const frame = (size: number): Uint8Array => compressFrame(Buffer.alloc(size, 'x'), 3);
  for (const sizes of [
    [512, 1024, 2048, 512, 512],
    [512, 1024, 512, 512],
    [512, 1024, 512, 1024],
  ]) {
    const error = await failureOf(Buffer.concat(sizes.map(frame)));
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED' });
    expect(error.message).toMatch(/cannot have \d+ bytes of content/);
  }
});

test('a seek table of other frames is refused', async () => {
  const other = await sampleBundle({ frameContent: smallFrameContent * 2 });
  const whole = sample.bytes.subarray(0, endOfFrames(sample.bytes));
  const table = other.bytes.subarray(endOfFrames(other.bytes));
  expect(await failureOf(Buffer.concat([whole, table]))).toMatchObject({ kind: 'content' });
});

/** Frame checks follow with a magic of their own. */
function endOfFrames(bytes: Buffer): number {
  return bytes.lastIndexOf(Buffer.from('5d2a4d18', 'hex'));
}
