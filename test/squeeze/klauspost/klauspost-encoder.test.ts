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
import { differingStreams } from '../../support/encode-plain.ts';
import type { CreateEncoder } from '../../support/encode-plain.ts';
import {
  fewSymbols,
  fibonacciBytes,
  mixture,
  periodic,
  randomBytes,
} from '../../support/go-oracle-inputs.ts';
import { klauspostStreams } from '../../support/klauspost-oracle.ts';
import { beginningOf } from '../../support/squeeze-inputs.ts';

const text = Buffer.from('abcabcabcd'.repeat(13));
const small = [0, 1, 12, 13, 14, 32, 33, 127, 128, 129];
const aroundWindows = [65_534, 65_535, 65_536, 65_547, 65_548, 65_567, 65_568, 65_662, 65_663, 131_070];

/** Made once, as each generation and level is tried with all of them. */
const inputs: ReadonlyMap<string, Uint8Array> = new Map([
  ['a program', beginningOf(process.execPath, 500_000)],
  ['codes that would be too long', fibonacciBytes(22)],
  ['mixture', mixture('B', 500_000)],
  ['far periods', Buffer.concat([32_766, 32_767, 32_768].map((period) => periodic(period, 100_000)))],
  ...small.flatMap((size): [string, Uint8Array][] => [
    [`text of ${size}`, text.subarray(0, size)],
    [`random of ${size}`, randomBytes('small', size)],
  ]),
  ...aroundWindows.flatMap((size): [string, Uint8Array][] => [
    [`symbols of ${size}`, fewSymbols('size', size, 30)],
    [`mixture of ${size}`, mixture('size', size)],
  ]),
]);

describe.each(klauspostGenerations)('generation %i', (generation) => {
  it.each(klauspostLevels)('writes what compress/flate writes at level %i', (level) => {
    const expected = klauspostStreams([...inputs.values()], { level, generation });
    expect(differingStreams(inputs, expected, klauspost({ level, generation }))).toEqual([]);
  });
});

it('knows its generations', () => {
  expect([11510, 12004, 0, 11511, 1.5].filter((value) => isKlauspostGeneration(value))).toEqual([
    11510, 12004,
  ]);
});

function klauspost(parameters: KlauspostParameters): CreateEncoder {
  return (sink) => createKlauspostEncoder(parameters, sink);
}
