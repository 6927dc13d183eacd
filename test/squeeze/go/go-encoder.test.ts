import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createGoEncoder, hasCheckpoints } from '../../../src/squeeze/go/go-encoder.ts';
import { differingStreams, encodePlain } from '../../support/encode-plain.ts';
import type { CreateEncoder } from '../../support/encode-plain.ts';
import { goDeflate } from '../../support/go-oracle.ts';
import {
  fewSymbols,
  fibonacciBytes,
  mixture,
  periodic,
  randomBytes,
} from '../../support/go-oracle-inputs.ts';
import { beginningOf, tarOf } from '../../support/squeeze-inputs.ts';

const levels = [-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Made once, as each level is tried with all of them. */
const inputs: ReadonlyMap<string, Uint8Array> = new Map([
  ['a tar of sources', tarOf('src', 'docs').subarray(0, 700_000)],
  ['a program', beginningOf(process.execPath, 300_000)],
  ['zeros', Buffer.alloc(300_000)],
  ['random', randomBytes('random', 100_000)],
  ['few symbols', fewSymbols('few', 100_000, 24)],
  ['symbols without repeats', fewSymbols('without repeats', 40_000, 200)],
  ['codes that would be too long', fibonacciBytes(22)],
  ['codes that would be too long, shorter', fibonacciBytes(18)],
  ['mixture A', mixture('A', 300_000)],
  ['mixture B', mixture('B', 600_000)],
  ...[0, 1, 2, 3, 4, 5, 16, 17, 127, 128, 129].flatMap((size): [string, Uint8Array][] => [
    [`text of ${size}`, Buffer.from('abcabcabcd'.repeat(13)).subarray(0, size)],
    [`random of ${size}`, randomBytes('tiny', size)],
  ]),
  ...[16_383, 16_384, 16_385, 32_768, 65_534, 65_535, 65_536, 65_537, 131_070, 131_087].map(
    (size): [string, Uint8Array] => [`symbols of ${size}`, fewSymbols('size', size, 30)],
  ),
]);

/** Repeats at distances that Go's window has or just has not, up to ends where it moves or does not. */
const farRepeats: ReadonlyMap<string, Uint8Array> = new Map([
  ...[32_505, 32_506, 32_507, 32_600, 32_767, 32_768, 32_769].flatMap((period) =>
    [65_536, 65_537, 65_600, 65_790, 98_304, 98_566, 200_001].map((size): [string, Uint8Array] => [
      `period ${period}, size ${size}`,
      periodic(period, size),
    ]),
  ),
  // The window moves before byte 65,275, and only if there are more than 65,536.
  ...[65_273, 65_274, 65_275, 65_276, 65_400, 65_535].flatMap((at) =>
    [65_536, 65_537, 90_000].map((size): [string, Uint8Array] => [
      `copy at ${at}, size ${size}`,
      copyFromAfar(at, size),
    ]),
  ),
]);

describe.each(levels)('level %i', (level) => {
  it('writes what Go writes', () => {
    expect(differingFromGo(inputs, level)).toEqual([]);
  });
});

describe.each([-2, 0, 1, 2, 6])('pieces of level %i', (level) => {
  it('change nothing', () => {
    const plain = mixture('pieces', 600_000);
    const whole = digestOf(encode(plain, level));
    for (const piece of [333, 65_535]) expect(digestOf(encode(plain, level, piece))).toBe(whole);
    const bytes = plain.subarray(0, 70_000);
    expect(encode(bytes, level, 1).equals(encode(bytes, level))).toBe(true);
  });
});

describe.each([2, 4, 6])('level %i', (level) => {
  it('reaches back as far as the window of Go', () => {
    expect(differingFromGo(farRepeats, level)).toEqual([]);
  });
});

describe('createGoEncoder', () => {
  it('has 6 for a default', () => {
    const plain = mixture('default', 50_000);
    expect(encode(plain, -1).equals(encode(plain, 6))).toBe(true);
    expect(encode(plain, -1).equals(goDeflate([plain], -1)[0] ?? Buffer.alloc(0))).toBe(true);
  });

  it('refuses what is no level, and to begin in the middle where it cannot', () => {
    const from = { checkpoint: { plain: 10, bits: 80, state: [] }, history: new Uint8Array(10) };
    for (const level of [-3, 10, 1.5]) expect(() => createGoEncoder(level, () => {})).toThrow(/level/);
    for (const level of [1, 2, 3]) {
      expect(hasCheckpoints(level)).toBe(false);
      expect(() => createGoEncoder(level, () => {}, { from })).toThrow(/from the middle/);
    }
    for (const level of [4, 6, 9]) expect(() => createGoEncoder(level, () => {}, { from })).toThrow(/state/);
  });
});

function differingFromGo(plains: ReadonlyMap<string, Uint8Array>, level: number): readonly string[] {
  return differingStreams(plains, goDeflate([...plains.values()], level), go(level));
}

function encode(plain: Uint8Array, level: number, piece?: number): Buffer {
  return encodePlain(plain, go(level), piece).stream;
}

function go(level: number): CreateEncoder {
  return (sink, options) => createGoEncoder(level, sink, options);
}

/** Nothing repeats but one stretch, at a distance that the whole window has. */
function copyFromAfar(at: number, size: number): Uint8Array {
  const bytes = fewSymbols('copy', size, 200);
  bytes.copyWithin(at, at - 32_700, at - 32_700 + 20);
  return bytes;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
