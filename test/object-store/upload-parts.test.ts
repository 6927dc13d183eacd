import { randomBytes } from 'node:crypto';

import { expect, test } from 'vitest';

import { partsOf } from '../../src/object-store/upload-parts.ts';

async function cut(content: Buffer, pieceSize: number, partSize: number): Promise<Uint8Array[]> {
  // oxlint-disable-next-line typescript/require-await -- what is cut is an async iterable
  async function* pieces() {
    for (let at = 0; at < content.length; at += pieceSize) yield content.subarray(at, at + pieceSize);
  }
  const parts: Uint8Array[] = [];
  for await (const part of partsOf(pieces(), { size: content.length }, partSize)) parts.push(part);
  return parts;
}

test.each([
  [1000, 7, 100],
  [1000, 333, 100],
  [1000, 1000, 999],
  [99, 50, 100],
  [100, 100, 100],
])('%i bytes in pieces of %i become parts of %i, whole but for the last', async (size, piece, part) => {
  const content = randomBytes(size);
  const parts = await cut(content, piece, part);
  expect(Buffer.concat(parts).equals(content)).toBe(true);
  expect(parts.map(({ length }) => length)).toEqual([
    ...Array.from({ length: Math.ceil(size / part) - 1 }, () => part),
    size - part * (Math.ceil(size / part) - 1),
  ]);
});

test('parts are larger where there would be more than S3 takes', async () => {
  const content = Buffer.alloc(3 * 1024 * 1024);
  const parts = await cut(content, 65_536, 256);
  expect(parts.map(({ length }) => length)).toEqual([1024 * 1024, 1024 * 1024, 1024 * 1024]);
});
