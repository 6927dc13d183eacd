import { zstdCompressSync } from 'node:zlib';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { frameBound, frameHeader } from '../../src/bundle/zstd-frame-structure.ts';
import { compressFrame, decompressFrame } from '../../src/bundle/zstd-frames.ts';
import { noise } from '../support/sample-bundle.ts';

test.each([1, 2, 255, 256, 257, 65_791, 65_792, 131_072, 131_073, 1_000_000])(
  'a frame of %i bytes has the header that its size implies and gives the content back',
  async (size) => {
    for (const content of [
      noise(size, 7),
      Buffer.alloc(size, 'a'),
      Buffer.from(noise(size, 3).map((byte) => byte & 3)),
    ]) {
      const frame = compressFrame(content, 3);
      expect(frame.subarray(0, frameHeader(size).length)).toEqual(frameHeader(size));
      expect(frame.length).toBeLessThanOrEqual(frameBound(size));
      expect(content.equals(await decompressFrame(frame, size))).toBe(true);
    }
  },
);

test('every level gives frames with the same header', async () => {
  const content = Buffer.from(noise(300_000, 1).map((byte) => byte & 7));
  for (const level of [1, 3, 9, 19]) {
    const frame = compressFrame(content, level);
    expect(content.equals(await decompressFrame(frame, content.length))).toBe(true);
  }
});

test('empty content is refused', () => {
  expect(() => compressFrame(Buffer.alloc(0), 3)).toThrow(RangeError);
});

test('a frame that is followed by another is refused, which Node 24 alone would not notice', async () => {
  const frame = compressFrame(Buffer.from('first'), 3);
  const two = Buffer.concat([frame, compressFrame(Buffer.from('second'), 3)]);
  await expect(decompressFrame(two, 5)).rejects.toMatchObject({ code: 'FRAME_DAMAGED', kind: 'content' });
});

test('a frame with another content size than expected is refused before it is decompressed', async () => {
  const bomb = zstdCompressSync(Buffer.alloc(50_000_000));
  await expect(decompressFrame(bomb, 1000)).rejects.toMatchObject({ code: 'FRAME_DAMAGED' });
  const frame = compressFrame(Buffer.from('hello'), 3);
  await expect(decompressFrame(frame, 6)).rejects.toMatchObject({ code: 'FRAME_DAMAGED' });
});

test('a header that lies about the size is refused', async () => {
  const frame = Buffer.from(compressFrame(Buffer.alloc(200, 'x'), 3));
  frame.writeUInt8(100, 5);
  await expect(decompressFrame(frame, 100)).rejects.toMatchObject({ code: 'FRAME_DAMAGED' });
});

test('a frame cut anywhere is refused', async () => {
  const frame = compressFrame(noise(500, 1), 3);
  await fc.assert(
    fc.asyncProperty(fc.nat(frame.length - 1), async (length) => {
      await expect(decompressFrame(frame.subarray(0, length), 500)).rejects.toMatchObject({
        kind: 'content',
      });
    }),
  );
});

test('block headers that make no sense are refused', async () => {
  const frame = Buffer.from(compressFrame(noise(500, 1), 3));
  const firstBlock = frameHeader(500).length;
  frame.writeUIntLE((500 << 3) | (3 << 1) | 1, firstBlock, 3);
  await expect(decompressFrame(frame, 500)).rejects.toThrow('blocks are broken');
});
