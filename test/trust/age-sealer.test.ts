import { randomBytes } from 'node:crypto';

import { expect, test } from 'vitest';

import { AgeSealer } from '../../src/trust/age-sealer.ts';
import {
  ageChunkSize,
  openChunk,
  payloadShape,
  sealedChunkSize,
  sealedPayloadSize,
} from '../../src/trust/age-stream.ts';
import { noise } from '../support/sample-bundle.ts';

function seal(key: Uint8Array, pieces: readonly Uint8Array[]): Buffer {
  const sealer = new AgeSealer(key);
  return Buffer.concat([...pieces.flatMap((piece) => [...sealer.add(piece)]), ...sealer.finish()]);
}

test('it does not matter in which pieces the bytes come', () => {
  const key = randomBytes(32);
  const plain = noise(2 * ageChunkSize + 77, 1);
  const pieces = [0, 1, 2, 65_536, 65_537, 100_000, 131_072, plain.length];
  const cut = pieces.map((start, index) => plain.subarray(start, pieces[index + 1] ?? start));
  expect(seal(key, cut).equals(seal(key, [plain]))).toBe(true);
});

test.each([0, 1, ageChunkSize - 1, ageChunkSize, ageChunkSize + 1, 3 * ageChunkSize])(
  '%i bytes have the length that is said before, and only the last chunk says that it is the last',
  (size) => {
    const key = randomBytes(32);
    const sealed = seal(key, [noise(size, 2)]);
    expect(sealed.length).toBe(sealedPayloadSize(size));
    const chunks = Math.max(1, Math.ceil(size / ageChunkSize));
    expect(payloadShape(sealed.length)).toEqual({ chunks, plainSize: size });
    for (let index = 0; index < chunks; index += 1) {
      const chunk = sealed.subarray(index * sealedChunkSize, (index + 1) * sealedChunkSize);
      const isLast = index === chunks - 1;
      expect(openChunk(key, { index, isLast }, chunk)).toBeDefined();
      expect(openChunk(key, { index, isLast: !isLast }, chunk)).toBeUndefined();
      expect(openChunk(key, { index: index + 1, isLast }, chunk)).toBeUndefined();
    }
  },
);

test.each([0, 15, sealedChunkSize + 1, sealedChunkSize + 16, 2 * sealedChunkSize + 16])(
  'no payload has %i bytes',
  (size) => {
    expect(payloadShape(size)).toBeUndefined();
  },
);

test('chunks are told apart beyond what 32 bits count', () => {
  const key = randomBytes(32);
  const sealed = seal(key, [Buffer.from('x')]);
  const openedAt = (index: number) => openChunk(key, { index, isLast: true }, sealed);
  expect(openedAt(0)).toEqual(Buffer.from('x'));
  for (const index of [2 ** 8, 2 ** 32, 2 ** 40]) expect(openedAt(index)).toBeUndefined();
});
