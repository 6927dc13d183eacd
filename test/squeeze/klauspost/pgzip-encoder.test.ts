import { describe, expect, it } from 'vitest';

import {
  klauspostGenerations,
  type KlauspostGeneration,
} from '../../../src/squeeze/klauspost/klauspost-generation.ts';
import { createPgzipEncoder, type PgzipParameters } from '../../../src/squeeze/klauspost/pgzip-encoder.ts';
import { differingCheckpoints, encodePlain } from '../../support/encode-plain.ts';
import type { CreateEncoder } from '../../support/encode-plain.ts';
import { fewSymbols, fibonacciBytes, mixture, randomBytes } from '../../support/go-oracle-inputs.ts';
import { klauspostDeflate } from '../../support/klauspost-oracle.ts';
import { beginningOf, differenceOf, tarOf } from '../../support/squeeze-inputs.ts';

const mebibyte = 2 ** 20;
const inputs: Readonly<Record<string, Uint8Array>> = {
  'a tar of sources': tarOf('src').subarray(0, 1_200_000),
  'a program': beginningOf(process.execPath, 1_200_000),
  zeros: Buffer.alloc(2 * mebibyte),
  random: randomBytes('random', 1_200_000),
  'few symbols': fewSymbols('few', 1_200_000, 24),
  'codes that would be too long': fibonacciBytes(22),
  mixture: mixture('A', 1_200_000),
  nothing: new Uint8Array(0),
  'a whole block': mixture('whole', mebibyte),
};

describe.each(klauspostGenerations)('generation %i', (generation) => {
  it.each(Object.entries(inputs))('writes what pgzip writes: %s', (_, input) => {
    expect(difference(input, { level: 5, blockSize: mebibyte, generation })).toBeUndefined();
  });

  it('writes what pgzip writes in small blocks, whose ends are of all sizes', () => {
    const plain = mixture('small blocks', 500_000);
    for (const end of [1, 12, 13, 32, 33, 127, 128, 200]) {
      expect(difference(plain, { level: 5, blockSize: 65_535 + end, generation })).toBeUndefined();
    }
    expect(difference(plain, { level: 5, blockSize: 2 ** 18, generation })).toBeUndefined();
  });

  it('begins again at every block', () => {
    const plain = mixture('checkpoints', 400_000);
    const parameters = { level: 5, blockSize: 2 ** 16, generation };
    const { checkpoints } = encodePlain(plain, pgzip(parameters));
    expect(checkpoints.map(({ plain: at }) => at)).toEqual(
      [1, 2, 3, 4, 5, 6].map((block) => block * 2 ** 16),
    );
    expect(differingCheckpoints(plain, pgzip(parameters))).toEqual([]);
  });
});

it('writes the same whatever the pieces', () => {
  const plain = mixture('pieces', 300_000);
  const parameters = { level: 5, blockSize: 100_000, generation: 11510 } as const;
  const whole = encode(plain, parameters, plain.length);
  for (const piece of [1, 333, 65_535, 100_000]) {
    expect(encode(plain, parameters, piece).equals(whole)).toBe(true);
  }
});

it('tells generations apart', () => {
  const plain = beginningOf(process.execPath, 1_000_000);
  const written = (generation: KlauspostGeneration) =>
    encode(plain, { level: 5, blockSize: mebibyte, generation }).toString('latin1');
  const different = new Set(([11403, 11510, 11802, 12004] as const).map((generation) => written(generation)));
  expect(different.size).toBe(4);
});

it('refuses parameters that pgzip does not know', () => {
  const make = (parameters: Partial<PgzipParameters>) => () =>
    createPgzipEncoder({ level: 5, blockSize: mebibyte, generation: 11510, ...parameters }, () => {});
  expect(make({ level: 0 })).toThrow(/level/);
  expect(make({ level: 10 })).toThrow(/level/);
  expect(make({ blockSize: 16_384 })).toThrow(/block/);
  expect(make({ blockSize: 20_000.5 })).toThrow(/block/);
});

function difference(plain: Uint8Array, parameters: PgzipParameters): string | undefined {
  return differenceOf(encode(plain, parameters), klauspostDeflate(plain, parameters));
}

function encode(plain: Uint8Array, parameters: PgzipParameters, piece?: number): Buffer {
  return encodePlain(plain, pgzip(parameters), piece).stream;
}

function pgzip(parameters: PgzipParameters): CreateEncoder {
  return (sink, options) => createPgzipEncoder(parameters, sink, options);
}
