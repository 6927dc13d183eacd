import { describe, expect, it } from 'vitest';

import {
  klauspostLevels,
  type KlauspostParameters,
} from '../../../src/squeeze/klauspost/create-window-encoder.ts';
import { createKlauspostEncoder } from '../../../src/squeeze/klauspost/klauspost-encoder.ts';
import {
  isKlauspostGeneration,
  klauspostGenerations,
} from '../../../src/squeeze/klauspost/klauspost-generation.ts';
import {
  fewSymbols,
  fibonacciBytes,
  mixture,
  periodic,
  randomBytes,
} from '../../support/go-oracle-inputs.ts';
import { klauspostDeflate } from '../../support/klauspost-oracle.ts';
import { beginningOf, differenceOf } from '../../support/squeeze-inputs.ts';

const inputs: Readonly<Record<string, () => Uint8Array>> = {
  'a program': () => beginningOf(process.execPath, 1_500_000),
  'codes that would be too long': () => fibonacciBytes(22),
  mixture: () => mixture('B', 1_000_000),
  'far periods': () => Buffer.concat([32_766, 32_767, 32_768].map((period) => periodic(period, 100_000))),
};

describe.each(klauspostGenerations)('generation %i', (generation) => {
  describe.each(klauspostLevels)('level %i', (level) => {
    it.each(Object.entries(inputs))('writes what compress/flate writes: %s', (_, input) => {
      expect(difference(input(), { level, generation })).toBeUndefined();
    });

    it('writes what compress/flate writes for small sizes', () => {
      for (const size of [0, 1, 12, 13, 14, 32, 33, 127, 128, 129]) {
        expect(
          difference(Buffer.from('abcabcabcd'.repeat(13)).subarray(0, size), { level, generation }),
        ).toBeUndefined();
        expect(difference(randomBytes('small', size), { level, generation })).toBeUndefined();
      }
    });

    it('writes what compress/flate writes for sizes around windows', () => {
      for (const size of [65_534, 65_535, 65_536, 65_547, 65_548, 65_567, 65_568, 65_662, 65_663, 131_070]) {
        expect(difference(fewSymbols('size', size, 30), { level, generation })).toBeUndefined();
        expect(difference(mixture('size', size), { level, generation })).toBeUndefined();
      }
    });
  });
});

it('knows its generations', () => {
  expect([11510, 12004, 0, 11511, 1.5].filter((value) => isKlauspostGeneration(value))).toEqual([
    11510, 12004,
  ]);
});

function difference(plain: Uint8Array, parameters: KlauspostParameters): string | undefined {
  const written: Buffer[] = [];
  const encoder = createKlauspostEncoder(parameters, (bytes) => written.push(Buffer.from(bytes)));
  encoder.write(plain);
  encoder.finish();
  return differenceOf(Buffer.concat(written), klauspostDeflate(plain, parameters));
}
