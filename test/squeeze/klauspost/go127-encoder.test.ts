import { describe, expect, it } from 'vitest';

import { createGo127Encoder } from '../../../src/squeeze/klauspost/go127-encoder.ts';
import { encodePlain } from '../../support/encode-plain.ts';
import { go127Deflate } from '../../support/go-127-oracle.ts';
import {
  fewSymbols,
  fibonacciBytes,
  mixture,
  periodic,
  randomBytes,
} from '../../support/go-oracle-inputs.ts';
import { beginningOf, differenceOf, tarOf } from '../../support/squeeze-inputs.ts';

const inputs: Readonly<Record<string, Uint8Array>> = {
  'a tar of sources': tarOf('src').subarray(0, 700_000),
  'a program': beginningOf(process.execPath, 700_000),
  zeros: Buffer.alloc(300_000),
  random: randomBytes('random', 200_000),
  'few symbols': fewSymbols('few', 200_000, 24),
  'codes that would be too long': fibonacciBytes(22),
  mixture: mixture('A', 600_000),
  periods: Buffer.concat([32_766, 32_767, 32_768].map((period) => periodic(period, 100_000))),
};

describe.each([-1, 1, 5])('level %i', (level) => {
  it.each(Object.entries(inputs))('writes what Go 1.27 writes: %s', (_, input) => {
    expect(difference(input, level)).toBeUndefined();
  });

  it('writes what Go 1.27 writes for sizes around the ends of windows', () => {
    for (const size of [0, 1, 13, 32, 33, 127, 128, 65_534, 65_535, 65_536, 65_567, 65_568, 65_663]) {
      expect(difference(mixture('size', size), level)).toBeUndefined();
    }
  });
});

it('refuses levels it does not know', () => {
  for (const level of [-2, 0, 10, 1.5]) expect(() => createGo127Encoder(level, () => {})).toThrow(/level/);
});

function difference(plain: Uint8Array, level: number): string | undefined {
  const { stream } = encodePlain(plain, (sink) => createGo127Encoder(level, sink));
  return differenceOf(stream, go127Deflate(plain, level));
}
