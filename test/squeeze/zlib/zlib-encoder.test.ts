import { describe, expect, it } from 'vitest';

import { createZlibEncoder } from '../../../src/squeeze/zlib/zlib-encoder.ts';
import type { ZlibParameters } from '../../../src/squeeze/zlib/zlib-encoder.ts';
import { differingCheckpoints, differingStreams, encodePlain } from '../../support/encode-plain.ts';
import type { CreateEncoder } from '../../support/encode-plain.ts';
import { mixture } from '../../support/go-oracle-inputs.ts';
import { zlibDeflate } from './deflate-oracles.ts';
import { samplePlains, sampleTar } from './sample-plains.ts';

describe.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('level %i', (level) => {
  it('writes what zlib writes', () => {
    const expected = zlibDeflate([...samplePlains.values()], { level, memLevel: 8 });
    expect(differingStreams(samplePlains, expected, zlib({ level }))).toEqual([]);
  });
});

describe.each([1, 4, 9])('pieces of level %i', (level) => {
  it('change nothing', () => {
    const plain = mixture('pieces', 300_000);
    const { stream } = encodePlain(plain, zlib({ level }), plain.length);
    for (const piece of [333, 65_535]) {
      expect(encodePlain(plain, zlib({ level }), piece).stream.equals(stream)).toBe(true);
    }
    const bytes = plain.subarray(0, 70_000);
    const whole = encodePlain(bytes, zlib({ level })).stream;
    expect(encodePlain(bytes, zlib({ level }), 1).stream.equals(whole)).toBe(true);
  });
});

describe.each([1, 9])('memory level %i', (memLevel) => {
  const plains = new Map([...samplePlains].map(([name, plain]) => [name, plain.subarray(0, 60_000)]));

  it.each([1, 6])('writes what zlib writes at level %i', (level) => {
    const expected = zlibDeflate([...plains.values()], { level, memLevel });
    expect(differingStreams(plains, expected, zlib({ level, memLevel }))).toEqual([]);
  });
});

describe.each([4, 6, 9])('blocks of level %i', (level) => {
  it('are where an encoder begins with the same bits', () => {
    const plain = mixture('checkpoints', 300_000);
    expect(encodePlain(plain, zlib({ level })).checkpoints.length).toBeGreaterThan(2);
    expect(differingCheckpoints(plain, zlib({ level }))).toEqual([]);
    // How many blocks that has changes with the sources.
    expect(differingCheckpoints(sampleTar.subarray(0, 400_000), zlib({ level }))).toEqual([]);
    expect(differingCheckpoints(mixture('small blocks', 100_000), zlib({ level, memLevel: 3 }))).toEqual([]);
  });
});

describe('createZlibEncoder', () => {
  it('has no checkpoints at levels 1 to 3', () => {
    expect(encodePlain(sampleTar.subarray(0, 200_000), zlib({ level: 3 })).checkpoints).toEqual([]);
  });

  it.each<[what: string, parameters: ZlibParameters]>([
    ['level', { level: 0 }],
    ['level', { level: 10 }],
    ['level', { level: 1.5 }],
    ['memory level', { level: 6, memLevel: 0 }],
    ['memory level', { level: 6, memLevel: 10 }],
  ])('refuses what is no %s: %o', (what, parameters) => {
    expect(() => createZlibEncoder(parameters, () => {})).toThrow(what);
  });

  it.each<[what: string, state: number[], plain: number]>([
    ['waits', [], 10],
    ['waits', [2, 2, 0, 10], 10],
    ['length', [1, 259, 1, 10], 10],
    ['distance', [1, 3, 32_507, 10], 10],
    ['position', [0, 2, 0, 9], 10],
    ['position', [0, 2, 0, 11], 10],
    ['position', [0, 2, 0, 65_537], 65_537],
    ['position', [0, 2, 0, 40_000], 72_767],
    ['history', [0, 2, 0, 20], 20],
  ])('refuses a checkpoint with another %s: %o after %i bytes', (what, state, plain) => {
    const from = { checkpoint: { plain, bits: 80, state }, history: new Uint8Array(10) };
    expect(() => createZlibEncoder({ level: 6 }, () => {}, { from })).toThrow(what);
  });

  it('refuses to begin in the middle at levels 1 to 3', () => {
    const from = { checkpoint: { plain: 10, bits: 80, state: [0, 2, 0, 10] }, history: new Uint8Array(10) };
    expect(() => createZlibEncoder({ level: 1 }, () => {}, { from })).toThrow('levels 1 to 3');
    expect(() => createZlibEncoder({ level: 4 }, () => {}, { from })).not.toThrow();
  });
});

function zlib(parameters: ZlibParameters): CreateEncoder {
  return (sink, options) => createZlibEncoder(parameters, sink, options);
}
