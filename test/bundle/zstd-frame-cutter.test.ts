import { constants, zstdCompressSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { FrameCutter } from '../../src/bundle/zstd-frame-cutter.ts';
import { noise } from '../support/sample-bundle.ts';

const skippable = Buffer.concat([Buffer.from('5d2a4d1805000000', 'hex'), Buffer.from('extra')]);
const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const frames = [
  zstdCompressSync(Buffer.alloc(400_000), checksum),
  skippable,
  zstdCompressSync(Buffer.alloc(0)),
  zstdCompressSync(noise(300_000, 1)),
  zstdCompressSync(Buffer.from('a few words and a few words more'), { pledgedSrcSize: 32, ...checksum }),
];

/** What the cutter makes of bytes that arrive in pieces of one size. */
function cut(bytes: Buffer, pieceSize: number) {
  const cutter = new FrameCutter();
  const found: Buffer[] = [];
  let current: Uint8Array[] = [];
  for (let position = 0; position < bytes.length; position += pieceSize)
    for (const piece of cutter.cut(bytes.subarray(position, position + pieceSize))) {
      current.push(piece.bytes);
      if (!piece.isLast) continue;
      found.push(Buffer.concat(current));
      current = [];
    }
  return { found, fault: cutter.fault, isBetween: cutter.isBetween };
}

test.each([1, 2, 3, 7, 4096, 10_000_000])('frames are told apart in pieces of %i bytes', (pieceSize) => {
  const { found, fault, isBetween } = cut(Buffer.concat(frames), pieceSize);
  expect(found.map((frame, index) => frame.equals(frames[index] ?? Buffer.alloc(0)))).toEqual(
    frames.map(() => true),
  );
  expect({ fault, isBetween }).toEqual({ fault: undefined, isBetween: true });
});

test('a frame that is cut off anywhere is not whole', () => {
  const [frame = Buffer.alloc(0)] = frames;
  for (let length = 1; length < frame.length; length += 1)
    expect(cut(frame.subarray(0, length), 5)).toMatchObject({ found: [], isBetween: false });
});

test('what is no frame, and a block without a type, are faults', () => {
  const [frame = Buffer.alloc(0)] = frames;
  expect(cut(Buffer.concat([frame, Buffer.from('junk and more')]), 3)).toMatchObject({
    found: [frame],
    fault: 'what begins there is no frame',
  });
  const broken = Buffer.from(frames[3] ?? Buffer.alloc(0));
  const header = 4 + 1 + 4;
  broken.writeUInt8(broken.readUInt8(header) | 6, header);
  expect(cut(broken, 64).fault).toBe('a block has no type');
});
