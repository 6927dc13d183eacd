import { constants, zstdCompressSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { encodeFrameTable } from '../../src/bundle/frame-table.ts';
import { frameHeader } from '../../src/bundle/zstd-frame-structure.ts';
import { frameCheck } from '../../src/bundle/zstd-frames.ts';
import { frameOf, joinFrames, tarOf } from '../fuzz/crafted-bundle.ts';
import type { CraftedFrame } from '../fuzz/crafted-bundle.ts';
import { readHostile } from '../fuzz/read-hostile.ts';
import { sampleBundle } from '../support/sample-bundle.ts';

const sample = await sampleBundle({ frameContent: 8192 });
const { head, tail } = await tarOf(sample);
const frames = [head, ...cuts(tail, 8192)].map(frameOf);
const mebibyte = 1024 * 1024;

function cuts(content: Buffer, size: number): Buffer[] {
  const count = Math.ceil(content.length / size);
  return Array.from({ length: count }, (_, index) => content.subarray(index * size, (index + 1) * size));
}

/** The bundle with one of its frames in another way. */
function withFrame(index: number, change: (frame: CraftedFrame) => CraftedFrame): Buffer {
  return joinFrames(frames.map((frame, place) => (place === index ? change(frame) : frame)));
}

test('the crafted bundle is whole when nothing lies', async () => {
  const ends = await readHostile(joinFrames(frames));
  expect(Object.values(ends).map(({ code }) => code)).toEqual(['whole', 'whole', 'whole']);
});

/** Blocks that repeat one byte 128 KiB times: four bytes each, of which a few thousand are a gibibyte. */
function bomb(contentSize: number, blocks: number): Buffer {
  const block = Buffer.from([0, 0, 0, 0x41]);
  block.writeUIntLE((128 * 1024 * 8) | 2, 0, 3);
  const last = Buffer.from(block);
  last.writeUIntLE((128 * 1024 * 8) | 3, 0, 3);
  const all = [
    frameHeader(contentSize),
    ...Array.from({ length: blocks - 1 }, () => block),
    last,
    Buffer.alloc(4),
  ];
  return Buffer.concat(all);
}

describe('a frame that becomes more than it says is refused', () => {
  test.each([0, 1])('frame %i: blocks of a gibibyte', async (index) => {
    const bytes = withFrame(index, ({ contentSize }) => ({ bytes: bomb(contentSize, 8192), contentSize }));
    const { file, stream } = await readHostile(bytes);
    expect(['BUNDLE_DAMAGED', 'damaged']).toContain(file.code);
    expect(stream.code).toBe('BUNDLE_DAMAGED');
  });

  test('a frame bound that holds the bomb: the header says 1 MiB, the blocks a gibibyte', async () => {
    const bytes = joinFrames([frameOf(head), { bytes: bomb(mebibyte, 8192), contentSize: mebibyte }]);
    const { file, stream } = await readHostile(bytes);
    expect(file.code).toBe('BUNDLE_DAMAGED');
    expect(stream.code).toBe('BUNDLE_DAMAGED');
  });

  test.each([1, -1])('%i byte more in the table than in the frame', async (more) => {
    for (const index of [0, frames.length - 1]) {
      const bytes = withFrame(index, (frame) => ({ ...frame, contentSize: frame.contentSize + more }));
      expect((await readHostile(bytes)).file.code).toBe('BUNDLE_DAMAGED');
    }
  });
});

describe('sizes beyond all bounds are refused before anything is allocated', () => {
  test.each([
    ['a head of over 64 MiB', 0, 64 * mebibyte + 1],
    ['a cut of over 128 MiB', 1, 128 * mebibyte + 1],
    ['a head of 4 GiB', 0, 2 ** 32 - 1],
    ['a cut of 4 GiB', 1, 2 ** 32 - 1],
    ['a frame of nothing', 1, 0],
  ])('%s', async (_, index, contentSize) => {
    const bytes = withFrame(index, (frame) => ({
      bytes: Buffer.concat([frameHeader(contentSize), frame.bytes.subarray(8)]),
      contentSize,
    }));
    const { file, stream } = await readHostile(bytes);
    expect(file.code).toBe('BUNDLE_DAMAGED');
    expect(stream.code).toBe('BUNDLE_DAMAGED');
  });
});

/** The content of a frame as another writer would have it. */
function compressed(frame: number, parameter: number, value: number): CraftedFrame {
  const content = frame === 0 ? head : (cuts(tail, 8192)[frame - 1] ?? head);
  const params = {
    [constants.ZSTD_c_contentSizeFlag]: 1,
    [constants.ZSTD_c_checksumFlag]: 1,
    [parameter]: value,
  };
  const hasSize = params[constants.ZSTD_c_contentSizeFlag] === 1;
  const options = hasSize ? { params, pledgedSrcSize: content.length } : { params };
  return { bytes: zstdCompressSync(content, options), contentSize: content.length };
}

describe('frames that the writer does not make are refused', () => {
  test.each([
    ['without a checksum', constants.ZSTD_c_checksumFlag, 0],
    ['without a content size', constants.ZSTD_c_contentSizeFlag, 0],
  ])('%s', async (_, parameter, value) => {
    for (const index of [0, 1]) {
      const { file, stream } = await readHostile(withFrame(index, () => compressed(index, parameter, value)));
      expect(['BUNDLE_DAMAGED', 'damaged']).toContain(file.code);
      expect(['BUNDLE_DAMAGED', 'NOT_A_BUNDLE']).toContain(stream.code);
    }
  });

  test.each([
    ['a window of 2 GiB', Buffer.from([0x84, 0xa8])],
    ['a dictionary', Buffer.from([0xa5, 7])],
    ['a reserved bit', Buffer.from([0xac])],
    ['a content size in 8 bytes', Buffer.from([0xe4])],
  ])('%s', async (_, descriptor) => {
    for (const index of [0, 1]) {
      const bytes = withFrame(index, (frame) => {
        const size = Buffer.alloc(8);
        size.writeUInt32LE(frame.contentSize);
        const magic = frame.bytes.subarray(0, 4);
        return { ...frame, bytes: Buffer.concat([magic, descriptor, size, frame.bytes.subarray(7)]) };
      });
      const { file, stream } = await readHostile(bytes);
      expect(['BUNDLE_DAMAGED', 'damaged']).toContain(file.code);
      expect(['BUNDLE_DAMAGED', 'NOT_A_BUNDLE']).toContain(stream.code);
    }
  });

  test('a frame behind a frame, a skippable one before it, bytes between frames', async () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]);
    for (const [before, behind] of [
      [Buffer.alloc(0), frames[1]?.bytes ?? skippable],
      [skippable, Buffer.alloc(0)],
      [Buffer.alloc(0), skippable],
      [Buffer.alloc(0), Buffer.alloc(1)],
    ] as const) {
      const bytes = withFrame(1, (frame) => ({
        ...frame,
        bytes: Buffer.concat([before, frame.bytes, behind]),
      }));
      const { file, stream } = await readHostile(bytes);
      expect(['BUNDLE_DAMAGED', 'damaged']).toContain(file.code);
      expect(stream.code).not.toBe('whole');
    }
  });

  test('millions of empty blocks, which would each be kept', async () => {
    const block = Buffer.alloc(3);
    const blocks = Buffer.alloc(3 * 2 ** 20, block);
    const stream = Buffer.concat([frameHeader(64 * mebibyte), blocks]);
    expect((await readHostile(stream)).stream.message).toContain('more blocks than its content allows');
  });
});

/** The end of the bundle, rewritten: the seek table's fields and entries as they lie in the file. */
function withTable(change: (table: Buffer) => Uint8Array | void): Buffer {
  const bytes = joinFrames(frames);
  const start = bytes.length - tableLength();
  const table = Buffer.from(bytes.subarray(start));
  return Buffer.concat([bytes.subarray(0, start), change(table) ?? table]);
}

function tableLength(): number {
  return 8 + (frames.length + 1) * 8 + 9;
}

describe('a seek table that is wrong is refused', () => {
  test.each<[string, (table: Buffer) => Uint8Array | void]>([
    ['another magic', (table) => void table.writeUInt32LE(0x184d2a50, 0)],
    ['a length that lies', (table) => void table.writeUInt32LE(table.length, 4)],
    ['no entries', (table) => void table.writeUInt32LE(0, table.length - 9)],
    ['one entry less', (table) => void table.writeUInt32LE(frames.length, table.length - 9)],
    ['one entry more', (table) => void table.writeUInt32LE(frames.length + 2, table.length - 9)],
    ['four thousand million entries', (table) => void table.writeUInt32LE(2 ** 32 - 1, table.length - 9)],
    ['ten million entries', (table) => void table.writeUInt32LE(10_000_000, table.length - 9)],
    ['flags', (table) => void table.writeUInt8(0x80, table.length - 5)],
    ['a first frame of no bytes', (table) => void table.writeUInt32LE(0, 8)],
    ['a first frame of 4 GiB', (table) => void table.writeUInt32LE(2 ** 32 - 1, 8)],
    ['sizes that add up, of other frames', moveByte],
    ['checks with content', (table) => void table.writeUInt32LE(1, table.length - 13)],
    ['an end that is missing', (table) => table.subarray(0, -1)],
    ['the table twice', (table) => Buffer.concat([table, table])],
  ])('%s', async (_, change) => {
    const { file, stream } = await readHostile(withTable(change));
    expect(['BUNDLE_DAMAGED', 'BUNDLE_TRUNCATED', 'NOT_A_BUNDLE', 'damaged']).toContain(file.code);
    expect(['BUNDLE_DAMAGED', 'BUNDLE_TRUNCATED']).toContain(stream.code);
  });

  test('checks of other frames, with a sum that is right', async () => {
    const table = frames.map(({ bytes, contentSize }) => ({ size: bytes.length, contentSize, check: 7 }));
    const all = Buffer.concat([...frames.map(({ bytes }) => bytes), encodeFrameTable(table)]);
    const { file, stream } = await readHostile(all);
    expect(file.message).toContain('frame 0');
    expect(stream.code).toBe('BUNDLE_DAMAGED');
  });

  test('checks whose sum is wrong', async () => {
    const bytes = joinFrames(frames);
    const at = bytes.length - tableLength() - 5;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    expect((await readHostile(bytes)).file.message).toContain('frame checks');
  });

  test('frames in another order than the table says', async () => {
    const table = encodeFrameTable(
      frames.map(({ bytes, contentSize }) => ({ size: bytes.length, contentSize, check: frameCheck(bytes) })),
    );
    const bytes = [...frames.slice(0, 1), ...frames.slice(1, 3).toReversed(), ...frames.slice(3)].map(
      (frame) => frame.bytes,
    );
    expect((await readHostile(Buffer.concat([...bytes, table]))).file.code).toBe('damaged');
  });
});

function moveByte(table: Buffer): void {
  table.writeUInt32LE(table.readUInt32LE(16) + 1, 16);
  table.writeUInt32LE(table.readUInt32LE(24) - 1, 24);
}
