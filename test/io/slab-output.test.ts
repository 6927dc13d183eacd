import { expect, test } from 'vitest';

import { SlabOutput } from '../../src/io/slab-output.ts';

const mebibyte = 1024 * 1024;

/** Bytes of which each place has its own. */
function counted(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index + 4 <= length; index += 4) bytes.writeUInt32LE(index, index);
  return bytes;
}

test('pieces of any size come out in order, in slabs of memory that threads share', async () => {
  const bytes = counted(3 * mebibyte + 12_345);
  const sent: Buffer[] = [];
  await using slabs = new SlabOutput(async (slab) => {
    expect(slab.buffer).toBeInstanceOf(SharedArrayBuffer);
    await Promise.resolve();
    sent.push(Buffer.from(slab));
  });
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 3) % 300_000)
    await slabs.add(bytes.subarray(at, at + size));
  await slabs.finish();
  expect(sent.map(({ length }) => length)).toEqual([mebibyte, mebibyte, mebibyte, 12_345]);
  expect(Buffer.concat(sent).equals(bytes)).toBe(true);
});

test('one slab is on its way at a time, and is not written over before it has arrived', async () => {
  const bytes = counted(4 * mebibyte);
  const sent: Buffer[] = [];
  let underWay = 0;
  await using slabs = new SlabOutput(async (slab) => {
    underWay += 1;
    expect(underWay).toBe(1);
    // Long enough for the next slab to be filled.
    await new Promise(setImmediate);
    sent.push(Buffer.from(slab));
    underWay -= 1;
  });
  await slabs.add(bytes);
  await slabs.finish();
  expect(Buffer.concat(sent).equals(bytes)).toBe(true);
});

test('nothing comes out of nothing', async () => {
  let count = 0;
  const slabs = new SlabOutput(async () => await Promise.resolve(void (count += 1)));
  await slabs.add(new Uint8Array());
  await slabs.finish();
  expect(count).toBe(0);
});

test('a failure is thrown by what comes after it, and nothing is sent any more', async () => {
  const failure = new Error('disk');
  let count = 0;
  const slabs = new SlabOutput(async () => {
    count += 1;
    return await Promise.reject(failure);
  });
  await slabs.add(counted(mebibyte));
  await expect(slabs.add(counted(mebibyte))).rejects.toBe(failure);
  expect(count).toBe(1);
});

test('a failure of the last slab is thrown in the end', async () => {
  const failure = new Error('disk');
  const slabs = new SlabOutput(async () => await Promise.reject(failure));
  await slabs.add(counted(100));
  await expect(slabs.finish()).rejects.toBe(failure);
});

test('disposing waits for what is under way', async () => {
  const gate = Promise.withResolvers<void>();
  let isDone = false;
  const slabs = new SlabOutput(async () => {
    await gate.promise;
    isDone = true;
  });
  await slabs.add(counted(mebibyte));
  const disposed = slabs[Symbol.asyncDispose]();
  gate.resolve();
  await disposed;
  expect(isDone).toBe(true);
});
