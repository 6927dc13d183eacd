import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { constants, gzipSync } from 'node:zlib';

import { afterAll, describe, expect, it } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { RecipeSegment } from '../../src/squeeze/recipe.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { beginningOf } from '../support/squeeze-inputs.ts';
import { analyzeBytes, restoreBytes, roundTrip } from './gzip-trial.ts';

const one = new SqueezeThreads(1);
afterAll(async () => await one[Symbol.asyncDispose]());

function gnuGzip(level: number, plain: Uint8Array): Buffer {
  return execFileSync(requireTool('gzip'), [`-${level}n`], { input: plain, maxBuffer: 2 ** 28 });
}

describe('members of several writers', () => {
  it('come back when one that needs corrections is before one that has an encoder', async () => {
    const text = beginningOf(process.execPath, 20_000);
    const unusual = gzipSync(text, { level: 6, windowBits: 12, strategy: constants.Z_FILTERED });
    const usual = gnuGzip(6, text);
    const trial = await roundTrip(one, Buffer.concat([unusual, usual, unusual, usual]));
    expect(trial.found).toBe('unknown encoder, with corrections, GNU gzip level 6');
  });
});

describe('members without plain bytes', () => {
  const large = gnuGzip(6, beginningOf(process.execPath, 300_000));
  const empty = gnuGzip(6, Buffer.alloc(0));
  const behind = (count: number): Buffer =>
    Buffer.concat([large, ...Array.from({ length: count }, () => empty)]);

  it('come back when there are no more of them than recipes may have', async () => {
    expect((await roundTrip(one, behind(1000))).found).toBe('GNU gzip level 6');
  });

  it('are kept when there are more', async () => {
    expect(await analyzeBytes(one, behind(1001))).toMatchObject({ outcome: 'kept', reason: 'large-recipe' });
  });
});

describe('one thread', () => {
  it('restores members that are divided behind each other', async () => {
    const log = Buffer.alloc(9 * 2 ** 20, 'a line of a log that says the same all of the time\n');
    const members = [gnuGzip(4, log.subarray(0, 8 * 2 ** 20 + 150_000)), gnuGzip(4, log)];
    const { recipe } = await roundTrip(one, Buffer.concat(members));
    const checkpoints = recipe?.segments.map((segment) =>
      segment.kind === 'deflate' ? segment.checkpoints.length : 0,
    );
    expect(checkpoints).toEqual([0, 1, 0, 0, 1, 0]);
  });
});

describe('hostile recipes', () => {
  it.each([1, 2])('never make restoring wait for itself: %i threads', async (count) => {
    // Each stream ends with a part that needs no plain bytes.
    const plain = Buffer.alloc(6 * 256 * 1024);
    const stream: RecipeSegment = {
      kind: 'deflate',
      encoder: { encoder: 'pgzip', settings: { level: 5, blockSize: 256 * 1024, generation: 12_004 } },
      plain: 256 * 1024,
      size: 400,
      checkpoints: [{ plain: 256 * 1024, bits: 3000, state: [] }],
    };
    const literal: RecipeSegment = { kind: 'literal', bytes: Buffer.alloc(10) };
    const segments = Array.from({ length: 6 }, () => [literal, stream]).flat();
    const identity = { digest: digestOf('hostile'), size: 6 * 410 };
    const recipe = { gzip: identity, plain: { ...identity, size: plain.length }, segments };
    await using threads = new SqueezeThreads(count);
    expect(await rejection(restoreBytes(threads, recipe, plain))).toMatchObject({ kind: 'content' });
  });
});

describe('a thread without memory', () => {
  it('keeps the layer it was at, and another one takes its place', async () => {
    await using threads = new SqueezeThreads(1);
    const gzip = gnuGzip(6, beginningOf(process.execPath, 100_000));
    // Of threads that are started from now on, in mebibytes.
    setFlagsFromString('--max-old-space-size=8');
    try {
      expect(await analyzeBytes(threads, gzip)).toMatchObject({ outcome: 'kept', reason: 'no-memory' });
    } finally {
      setFlagsFromString('--max-old-space-size=0');
    }
    expect(await analyzeBytes(threads, gzip)).toMatchObject({ outcome: 'described' });
  });
});

describe('an interruption', () => {
  it('waits for no answer to what was given to a thread', async () => {
    await using threads = new SqueezeThreads(1);
    const bytes = gnuGzip(6, beginningOf(process.execPath, 300_000));
    const stop = new AbortController();
    async function* open(): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(bytes);
      stop.abort();
    }
    const layer = { digest: digestOf(bytes), size: bytes.length };
    const stopped = threads.analyze(layer, open, { signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});
