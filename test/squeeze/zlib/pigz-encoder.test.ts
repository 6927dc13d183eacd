import { describe, expect, it } from 'vitest';

import { createPigzEncoder } from '../../../src/squeeze/zlib/pigz-encoder.ts';
import type { PigzParameters } from '../../../src/squeeze/zlib/pigz-encoder.ts';
import { differingCheckpoints, differingStreams, encodePlain } from '../../support/encode-plain.ts';
import type { CreateEncoder } from '../../support/encode-plain.ts';
import { mixture, randomBytes } from '../../support/go-oracle-inputs.ts';
import { packedFiles } from './deflate-oracles.ts';
import { sampleTar } from './sample-plains.ts';

const plains: ReadonlyMap<string, Uint8Array> = new Map([
  ['a tar of sources', sampleTar.subarray(0, 400_000)],
  ['zeros', Buffer.alloc(200_000)],
  ['random', randomBytes('random', 200_000)],
  ['mixture', mixture('A', 200_000)],
  ...[0, 1, 2, 3, 32_768, 131_071, 131_072, 131_073, 262_144].map((size): [string, Uint8Array] => [
    `tar of ${size}`,
    sampleTar.subarray(0, size),
  ]),
]);

const ways: readonly (readonly [flags: string, settings: Omit<PigzParameters, 'level'>])[] = [
  ['-p 4', {}],
  ['-p 1', { single: true }],
  ['-p 4 -i', { independent: true }],
  ['-p 1 -i', { independent: true, single: true }],
  ['-p 4 -b 32', { blockSize: 32 * 1024 }],
  ['-p 4 -b 100', { blockSize: 100 * 1024 }],
  ['-p 1 -b 100', { blockSize: 100 * 1024, single: true }],
];

describe.each([1, 6])('level %i', (level) => {
  it.each(ways)('writes what pigz %s writes', (flags, settings) => {
    const expected = packedFiles([...plains.values()], 'pigz', [`-${level}`, ...flags.split(' ')]);
    expect(differingStreams(plains, expected, pigz({ level, ...settings }))).toEqual([]);
  });
});

describe('level 9', () => {
  it('writes what pigz writes', () => {
    const expected = packedFiles([...plains.values()], 'pigz', ['-9']);
    expect(differingStreams(plains, expected, pigz({ level: 9 }))).toEqual([]);
  });
});

describe.each([1, 6])('pieces of level %i', (level) => {
  it('are where an encoder begins with the same bits', () => {
    const plain = sampleTar.subarray(0, 540_000);
    for (const settings of [{}, { independent: true }, { blockSize: 100_000 }]) {
      expect(encodePlain(plain, pigz({ level, ...settings })).checkpoints.length).toBeGreaterThan(3);
      expect(differingCheckpoints(plain, pigz({ level, ...settings }))).toEqual([]);
    }
  });
});

describe('createPigzEncoder', () => {
  it('writes the same whatever the pieces it is given', () => {
    const plain = mixture('pieces', 300_000);
    const { stream } = encodePlain(plain, pigz({ level: 6 }), plain.length);
    for (const piece of [333, 131_073]) {
      expect(encodePlain(plain, pigz({ level: 6 }), piece).stream.equals(stream)).toBe(true);
    }
  });

  it('has no checkpoints with one process', () => {
    const plain = sampleTar.subarray(0, 300_000);
    expect(encodePlain(plain, pigz({ level: 6, single: true })).checkpoints).toEqual([]);
    const from = { checkpoint: { plain: 131_072, bits: 80, state: [] }, history: new Uint8Array(32_768) };
    expect(() => createPigzEncoder({ level: 6, single: true }, () => {}, { from })).toThrow('one process');
  });

  it.each([
    [131_071, 80],
    [131_072, 81],
  ])('refuses a checkpoint after %i bytes and %i bits', (after, bits) => {
    const from = { checkpoint: { plain: after, bits, state: [] }, history: new Uint8Array(32_768) };
    expect(() => createPigzEncoder({ level: 6 }, () => {}, { from })).toThrow('no piece begins');
  });

  it.each<[what: string, parameters: PigzParameters]>([
    ['level', { level: 11 }],
    ['block size', { level: 6, blockSize: 32_767 }],
    ['block size', { level: 6, blockSize: 40_000.5 }],
  ])('refuses what is no %s: %o', (what, parameters) => {
    expect(() => createPigzEncoder(parameters, () => {})).toThrow(what);
  });
});

function pigz(parameters: PigzParameters): CreateEncoder {
  return (sink, options) => createPigzEncoder(parameters, sink, options);
}
