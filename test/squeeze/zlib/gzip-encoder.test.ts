import { describe, expect, it } from 'vitest';

import { createGnuGzipEncoder } from '../../../src/squeeze/zlib/gzip-encoder.ts';
import { differingCheckpoints, differingStreams, encodePlain } from '../../support/encode-plain.ts';
import type { CreateEncoder } from '../../support/encode-plain.ts';
import { fewSymbols, mixture } from '../../support/go-oracle-inputs.ts';
import { packedFiles } from './deflate-oracles.ts';
import { samplePlains, sampleTar } from './sample-plains.ts';

/** Ends at which gzip compares with bytes behind them, or no longer looks for matches. */
const ends: ReadonlyMap<string, Uint8Array> = new Map(
  [32_700, 65_270, 65_279, 65_400, 65_535, 98_100, 130_900].flatMap((size): [string, Uint8Array][] => [
    [`few symbols of ${size}`, fewSymbols('end', size, 3)],
    [`repeats of ${size}`, Buffer.concat([mixture('end', size - 500), Buffer.alloc(500, 'repeat')])],
  ]),
);

describe.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('level %i', (level) => {
  it('writes what gzip writes', () => {
    const expected = packedFiles([...samplePlains.values()], 'gzip', [`-${level}`]);
    expect(differingStreams(samplePlains, expected, gzip(level))).toEqual([]);
  });
});

describe.each([1, 4, 9])('pieces of level %i', (level) => {
  it('change nothing', () => {
    const plain = mixture('pieces', 300_000);
    const { stream } = encodePlain(plain, gzip(level), plain.length);
    for (const piece of [333, 65_535]) {
      expect(encodePlain(plain, gzip(level), piece).stream.equals(stream)).toBe(true);
    }
  });
});

describe.each([1, 4, 6])('the end at level %i', (level) => {
  it('is as that of gzip', () => {
    const expected = packedFiles([...ends.values()], 'gzip', [`-${level}`]);
    expect(differingStreams(ends, expected, gzip(level))).toEqual([]);
  });
});

describe.each([4, 6, 9])('blocks of level %i', (level) => {
  it('are where an encoder begins with the same bits', () => {
    for (const plain of [mixture('checkpoints', 300_000), fewSymbols('last window', 300_000, 3)]) {
      expect(encodePlain(plain, gzip(level)).checkpoints.length).toBeGreaterThan(0);
      expect(differingCheckpoints(plain, gzip(level))).toEqual([]);
    }
    // How many blocks that has changes with the sources.
    expect(differingCheckpoints(sampleTar.subarray(0, 600_000), gzip(level))).toEqual([]);
  });
});

describe('createGnuGzipEncoder', () => {
  it.each([0, 10, 1.5])('refuses what is no level: %d', (level) => {
    expect(() => createGnuGzipEncoder({ level }, () => {})).toThrow('level');
  });
});

function gzip(level: number): CreateEncoder {
  return (sink, options) => createGnuGzipEncoder({ level }, sink, options);
}
