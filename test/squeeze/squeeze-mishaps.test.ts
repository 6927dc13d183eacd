import { execFileSync } from 'node:child_process';
import { constants, gzipSync } from 'node:zlib';

import { afterAll, describe, expect, it } from 'vitest';

import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import { requireTool } from '../support/required-tools.ts';
import { beginningOf } from '../support/squeeze-inputs.ts';
import { roundTrip } from './gzip-trial.ts';

const one = new SqueezeThreads(1);
afterAll(async () => await one[Symbol.asyncDispose]());

function gnuGzip(level: number, plain: Uint8Array): Buffer {
  return execFileSync(requireTool('gzip'), [`-${level}n`], { input: plain, maxBuffer: 2 ** 28 });
}

describe('members of several writers', () => {
  it('come back when one that needs corrections is before one that has an encoder', async () => {
    const text = beginningOf(process.execPath, 20_000);
    const unusual = gzipSync(text, { level: 6, windowBits: 12, strategy: constants.Z_FILTERED });
    const trial = await roundTrip(one, Buffer.concat([unusual, gnuGzip(6, text), unusual, gnuGzip(9, text)]));
    expect(trial.found).toBe('unknown encoder, with corrections, GNU gzip level 6, GNU gzip level 9');
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
