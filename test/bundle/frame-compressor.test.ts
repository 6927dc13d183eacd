import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { compressHere, ThreadedCompressor } from '../../src/bundle/frame-compressor.ts';
import type { FrameCompressor, FrameJob } from '../../src/bundle/frame-compressor.ts';
import { frameBound } from '../../src/bundle/zstd-frame-structure.ts';
import { compressFrame, frameCheck } from '../../src/bundle/zstd-frames.ts';
import { noise } from '../support/sample-bundle.ts';

test('threads and the thread that asks give the bytes and the check that compressFrame gives', async () => {
  const threads = compressor(2);
  const content = fc.record({
    // Around the sizes of Node's pools of small buffers, below which a frame is a part of one.
    length: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 300_000 })),
    seed: fc.integer({ min: 1, max: 1000 }),
    isRepeating: fc.boolean(),
    level: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 6 }), async (contents) => {
      const expected: unknown[] = [];
      const given: Promise<unknown>[] = [];
      for (const { length, seed, isRepeating, level } of contents) {
        const bytes = isRepeating ? Buffer.alloc(length, `${seed} `) : noise(length, seed);
        const frame = Buffer.from(compressFrame(bytes, level));
        for (const each of [threads, compressHere]) {
          expected.push({ frame, size: frame.length, check: frameCheck(frame) });
          given.push(compressed(each, jobFor(bytes, level)));
        }
      }
      expect(await Promise.all(given)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test('a job that fails says why, and the thread goes on with the next', async () => {
  const threads = compressor(1);
  const good = jobFor(noise(5000, 2), 3);
  const jobs = [jobFor(Buffer.alloc(0), 3), { ...jobFor(noise(5000, 1), 3), into: shared(10) }, good];
  const [empty, cramped, well] = await Promise.allSettled(
    jobs.map(async (job) => await threads.compress(job)),
  );
  const failure = (text: string): object => ({ reason: { message: expect.stringContaining(text) } });
  expect(empty).toMatchObject(failure('compressing failed: RangeError: a frame cannot hold 0 bytes'));
  expect(cramped).toMatchObject(failure('compressing failed: RangeError'));
  expect(well).toMatchObject({ value: { size: compressFrame(good.content, 3).length } });
});

test('what cannot be sent fails alone, and nobody gets the answer of another', async () => {
  const threads = compressor(1);
  const detached = new Uint8Array(8);
  detached.buffer.transfer();
  await expect(threads.compress({ ...jobFor(noise(8, 1), 3), content: detached })).rejects.toThrow(
    /detached/,
  );
  const [small, large] = [jobFor(noise(100, 1), 3), jobFor(noise(9000, 2), 3)];
  const sizes = await Promise.all([threads.compress(small), threads.compress(large)]);
  expect(sizes.map(({ size }) => size)).toEqual([
    compressFrame(small.content, 3).length,
    compressFrame(large.content, 3).length,
  ]);
});

test('disposing fails jobs that are under way, and later ones', async () => {
  const threads = new ThreadedCompressor(2);
  const outcomes = Promise.allSettled(
    [1, 2, 3].map(async (seed) => await threads.compress(jobFor(noise(500_000, seed), 19))),
  );
  await threads[Symbol.asyncDispose]();
  expect((await outcomes).at(-1)).toMatchObject({ status: 'rejected' });
  await expect(threads.compress(jobFor(noise(10, 1), 3))).rejects.toThrow('has ended');
});

function compressor(threads: number): FrameCompressor {
  const made = new ThreadedCompressor(threads);
  onTestFinished(async () => await made[Symbol.asyncDispose]());
  return made;
}

async function compressed(by: FrameCompressor, job: FrameJob): Promise<object> {
  const { size, check } = await by.compress(job);
  return { frame: Buffer.from(job.into.subarray(0, size)), size, check };
}

function jobFor(bytes: Uint8Array, level: number): FrameJob {
  const content = shared(bytes.length);
  content.set(bytes);
  return { content, into: shared(frameBound(bytes.length)), level };
}

function shared(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}
