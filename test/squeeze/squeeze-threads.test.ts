import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { KlauspostGeneration } from '../../src/squeeze/klauspost/klauspost-generation.ts';
import { parseRecipe } from '../../src/squeeze/recipe.ts';
import type { Recipe } from '../../src/squeeze/recipe.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import { BitWriter } from '../../src/squeeze/tokens/bit-writer.ts';
import type { DeflateBlock } from '../../src/squeeze/tokens/deflate-block.ts';
import { createInflateParser } from '../../src/squeeze/tokens/inflate-parser.ts';
import { goDeflate } from '../support/go-oracle.ts';
import { mixture, randomBytes } from '../support/go-oracle-inputs.ts';
import { klauspostDeflate } from '../support/klauspost-oracle.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { beginningOf } from '../support/squeeze-inputs.ts';
import { member } from './gzip-files.ts';
import { allOf, analyzeBytes, inPieces, inflateBytes, restoreBytes, roundTrip } from './gzip-trial.ts';

const threads = new SqueezeThreads(2);
afterAll(async () => await threads[Symbol.asyncDispose]());

const { signal } = new AbortController();
const program = beginningOf(process.execPath, 1_200_000);
/** Longer than what encoders are tried on, and quick to compress. */
const log = Buffer.from(
  Array.from(
    { length: 37_000 },
    (_, at) => `line ${at * 7919} of a log that says the same nearly all of the time\n`,
  ).join(''),
);
const maxBuffer = 2 ** 28;

const python = 'import gzip, sys; sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read(), 6))';

function packed(tool: string, ...flags: readonly string[]): Buffer {
  return execFileSync(requireTool(tool), flags, { input: program, maxBuffer });
}

function goGzip(plain: Uint8Array, level: number): Buffer {
  return member(plain, goDeflate([plain], level)[0] ?? Buffer.alloc(0));
}

function klauspostGzip(generation: KlauspostGeneration, blockSize?: number): Buffer {
  const options = { generation, level: 5, ...(blockSize !== undefined && { blockSize }) };
  return member(program, klauspostDeflate(program, options));
}

describe('layers that programs wrote come back bit for bit', () => {
  it.each([
    ['Go level 6', () => goGzip(program, 6)],
    ['Go level 1', () => goGzip(program, 1)],
    ['Go level 9', () => goGzip(program.subarray(0, 400_000), 9)],
    ['Go level -2', () => goGzip(program, -2)],
    ['GNU gzip level 6', () => packed('gzip', '-6n')],
    ['GNU gzip level 1', () => packed('gzip', '-1')],
    ['zlib level 6', () => packed('/usr/bin/python3', '-c', python)],
    ['pigz level 9', () => packed('pigz', '-9n')],
    ['pgzip 1.20.4 level 5, blocks of 1024 KiB', () => klauspostGzip(12_004, 1024 * 1024)],
    ['pgzip 1.15.10 level 5, blocks of 256 KiB', () => klauspostGzip(11_510, 256 * 1024)],
    ['klauspost 1.15.10 level 5', () => klauspostGzip(11_510)],
  ])('%s', async (found, make) => {
    const trial = await roundTrip(threads, make());
    expect(trial.found).toBe(found);
    expect(trial.recipeSize).toBeLessThan(250);
  });
});

describe('one layer on several threads', () => {
  /** Several checkpoints: they are 8 MiB of plain bytes apart. */
  const large = Buffer.concat([
    mixture('parts', 400_000),
    Buffer.alloc(9_000_000, 'abcdefgh'),
    log,
    Buffer.alloc(12_000_000),
    mixture('more parts', 300_000),
  ]);

  it.each([
    ['Go level 6', () => goGzip(large, 6)],
    [
      'zlib level 6',
      () => execFileSync(requireTool('/usr/bin/python3'), ['-c', python], { input: large, maxBuffer }),
    ],
    ['pigz level 6', () => execFileSync(requireTool('pigz'), ['-6n'], { input: large, maxBuffer })],
  ])('%s', async (found, make) => {
    const trial = await roundTrip(threads, make());
    expect(trial.found).toBe(found);
    const checkpoints = trial.recipe?.segments.flatMap((segment) =>
      segment.kind === 'deflate' ? segment.checkpoints : [],
    );
    expect(checkpoints?.length).toBeGreaterThan(1);
  });

  it('gives the same recipe however the bytes arrive', async () => {
    const gzip = goGzip(large, 1);
    const identity = { digest: digestOf(gzip), size: gzip.length };
    const one = await threads.analyze(identity, () => inPieces(gzip, 1_000_000), { signal });
    const other = await threads.analyze(identity, () => inPieces(gzip, 4_099), { signal });
    expect(one).toEqual(other);
    expect(one.outcome).toBe('described');
  });
});

describe('what no encoder has written', () => {
  it('is described with corrections, and comes back', async () => {
    const gzip = gzipSync(program.subarray(0, 40_000));
    const trial = await roundTrip(threads, gzip);
    expect(trial.found).toBe('unknown encoder, with corrections');
    expect(trial.recipeSize).toBeLessThan(gzip.length / 10);
  });

  it('is described with corrections when an encoder goes wrong behind what it was tried on', async () => {
    const trial = await roundTrip(threads, member(log, changedAfter(log, 2_200_000)));
    expect(trial.found).toBe('unknown encoder, with corrections');
  });
});

/** Go's stream, with stored blocks instead of the first block behind a position and of those after it. */
function changedAfter(plain: Uint8Array, position: number): Buffer {
  const stream = goDeflate([plain], 6)[0] ?? Buffer.alloc(0);
  const blocks: DeflateBlock[] = [];
  const listener = {
    block: (block: DeflateBlock) => void blocks.push(block),
    tokens: () => undefined,
    end: () => undefined,
  };
  createInflateParser(() => undefined, listener).push(stream);
  const cut = blocks.find((block) => block.plain >= position);
  if (cut === undefined) throw new Error('there is no such block');
  const pieces: Buffer[] = [];
  const writer = new BitWriter((bytes) => pieces.push(Buffer.from(bytes)));
  writer.bytes(stream.subarray(0, cut.bits >> 3));
  writer.bits((stream[cut.bits >> 3] ?? 0) & ((1 << (cut.bits & 7)) - 1), cut.bits & 7);
  for (let start = cut.plain; start < plain.length; start += 65_535) {
    const part = plain.subarray(start, start + 65_535);
    writer.bits(start + part.length === plain.length ? 1 : 0, 3);
    writer.align();
    writer.bits(part.length, 16);
    writer.bits(part.length ^ 0xffff, 16);
    writer.bytes(part);
  }
  writer.flush();
  return Buffer.concat(pieces);
}

describe('gzip files of all kinds', () => {
  const text = mixture('kinds', 20_000);
  const whole = goGzip(text, 6);

  it.each([
    [
      'an extra field, a name, a comment and a check of the head',
      member(text, goDeflate([text], 6)[0], {
        extra: randomBytes('x', 300),
        name: 'rootfs.tar',
        comment: 'made here',
        check: true,
      }),
    ],
    ['several members', Buffer.concat([1, 2, 3, 4, 5].map((at) => goGzip(text.subarray(0, at * 1_500), 6)))],
    ['zeros behind it', Buffer.concat([whole, Buffer.alloc(700)])],
    ['other bytes behind it', Buffer.concat([whole, randomBytes('behind', 500)])],
    ['stored blocks', gzipSync(text, { level: 0 })],
    ['fixed codes', gzipSync(text.subarray(0, 5_000), { strategy: constants.Z_FIXED })],
  ])('come back: %s', async (_, gzip) => {
    expect((await roundTrip(threads, gzip)).found).not.toContain('kept');
  });

  it.each([
    ['not-gzip', 'text', text],
    ['not-gzip', 'nothing', Buffer.alloc(0)],
    ['not-gzip', 'reserved flags', Buffer.concat([Uint8Array.of(0x1f, 0x8b, 8, 0x80), Buffer.alloc(60)])],
    ['damaged', 'its end is missing', whole.subarray(0, -9)],
    ['damaged', 'half a trailer', whole.subarray(0, -4)],
    ['damaged', 'a wrong check', Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)])],
    ['damaged', 'an invalid block', member(text, Buffer.alloc(600, 0xff))],
    ['damaged', 'a second member without an end', Buffer.concat([whole, whole.subarray(0, 300)])],
    ['large-recipe', 'next to nothing', goGzip(text.subarray(0, 30), 6)],
    ['large-recipe', 'much behind it', Buffer.concat([whole, randomBytes('behind', 60_000)])],
    [
      'large-recipe',
      'thousands of empty members',
      Buffer.concat(Array.from({ length: 3000 }, () => member(Buffer.alloc(0)))),
    ],
  ])('are kept as %s: %s', async (reason, _, gzip) => {
    expect(await analyzeBytes(threads, gzip)).toMatchObject({ outcome: 'kept', reason });
  });

  it.each([
    ['Go level 9', (plains: readonly Uint8Array[]) => goDeflate(plains, 9)],
    ['unknown encoder, with corrections', () => []],
  ])('come back with many small members: %s', async (found, deflate) => {
    const plains = Array.from({ length: 60 }, (_, at) => program.subarray(at * 5000, at * 5020 + 3000));
    const streams = deflate(plains);
    const members = plains.map((plain, at) => member(plain, streams[at]));
    expect((await roundTrip(threads, Buffer.concat(members))).found).toBe(found);
  });

  it('are kept when they have more plain bytes than allowed', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    const analysis = await analyzeBytes(threads, bomb, { maximumPlain: 5_000_000 });
    expect(analysis).toMatchObject({ outcome: 'kept', reason: 'large-plain' });
  });

  it('have to be those of the digest', async () => {
    const gzip = goGzip(text, 6);
    const analysis = threads.analyze(
      { digest: digestOf('others'), size: gzip.length },
      () => inPieces(gzip),
      { signal },
    );
    expect((await rejection(analysis)).code).toBe('DIGEST_MISMATCH');
  });
});

describe('restoring', () => {
  const gzip = goGzip(log, 1);
  let recipe: Recipe;
  beforeAll(async () => {
    const analysis = await analyzeBytes(threads, gzip);
    if (analysis.outcome === 'kept') throw new Error(analysis.text);
    recipe = parseRecipe(analysis.recipe, 'the test');
  });

  it('does not end with plain bytes that are others', async () => {
    const other = Buffer.from(log);
    other.writeUInt8(other.readUInt8(1_000_000) ^ 1, 1_000_000);
    expect((await rejection(restoreBytes(threads, recipe, other))).code).toBe('RECIPE_MISMATCH');
    const short = log.subarray(1);
    expect((await rejection(restoreBytes(threads, recipe, short))).message).toContain('plain bytes');
  });

  it('does not follow a recipe of a later version', async () => {
    const segments = recipe.segments.map((segment) =>
      segment.kind === 'deflate'
        ? { ...segment, encoder: { encoder: 'go', settings: { level: 77 } } }
        : segment,
    );
    const error = await rejection(restoreBytes(threads, { ...recipe, segments }, log));
    expect(error.code).toBe('RECIPE_UNSUPPORTED');
  });

  it('ends when it is no longer wanted, and leaves the threads to others', async () => {
    const source = { size: log.length, open: (start: number) => inPieces(log.subarray(start)) };
    for await (const piece of threads.restore(recipe, source, signal)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    const aborted = threads.restore(recipe, source, controller.signal);
    await aborted.next();
    controller.abort(new Error('enough'));
    await expect(allOf(aborted)).rejects.toThrow('enough');
    expect(await restoreBytes(threads, recipe, log)).toEqual(gzip);
  });

  it('fails when the plain bytes cannot be read', async () => {
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield* inPieces(log.subarray(0, 500_000));
      throw new Error('the disk is gone');
    };
    const restored = threads.restore(recipe, { size: log.length, open }, signal);
    await expect(allOf(restored)).rejects.toThrow('the disk is gone');
  });
});

describe('inflating', () => {
  it('gives all members, and refuses what is damaged', async () => {
    const members = [program.subarray(0, 300_000), Buffer.alloc(0), mixture('last', 50_000)];
    const gzip = Buffer.concat(members.map((plain) => member(plain)));
    expect(await inflateBytes(threads, gzip)).toEqual(Buffer.concat(members));
    expect((await rejection(inflateBytes(threads, gzip.subarray(0, -1)))).code).toBe('GZIP_INVALID');
    expect((await rejection(inflateBytes(threads, program))).code).toBe('GZIP_INVALID');
  });
});

describe('threads that have ended', () => {
  it('fail what is under way, and what comes later', async () => {
    const own = new SqueezeThreads(1);
    const under = own.inflate(inPieces(goGzip(program, 6)), signal);
    await under.next();
    await own[Symbol.asyncDispose]();
    await expect(allOf(under)).rejects.toThrow('have ended');
    await expect(analyzeBytes(own, program)).rejects.toThrow('have ended');
  });

  it('are waited for when the process has nothing else to do', () => {
    const script = fileURLToPath(new URL('restoring-process.ts', import.meta.url));
    expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toBe('ended\n');
  });
});
