import {
  fewSymbols,
  fibonacciBytes,
  mixture,
  periodic,
  randomBytes,
} from '../../support/go-oracle-inputs.ts';
import { beginningOf, tarOf } from '../../support/squeeze-inputs.ts';

/** A tar of sources of ours. */
export const sampleTar = tarOf('src', 'docs');

/** All kinds of plain bytes, by name. */
export const samplePlains: ReadonlyMap<string, Uint8Array> = new Map([
  ['a tar of sources', sampleTar.subarray(0, 400_000)],
  ['a program', beginningOf(process.execPath, 200_000)],
  ['zeros', Buffer.alloc(200_000)],
  ['random', randomBytes('random', 150_000)],
  ['few symbols', fewSymbols('few', 150_000, 24)],
  ['symbols without repeats', fewSymbols('without repeats', 40_000, 200)],
  ['codes that would be too long', fibonacciBytes(22)],
  ['mixture A', mixture('A', 200_000)],
  ['mixture B', mixture('B', 200_000)],
  ...[0, 1, 2, 3, 4, 5, 261, 262, 263].flatMap((size): [string, Uint8Array][] => [
    [`text of ${size}`, Buffer.from('abcabcabcd'.repeat(27)).subarray(0, size)],
    [`random of ${size}`, randomBytes('tiny', size)],
  ]),
  ...[16_382, 16_383, 16_384, 32_506, 32_767, 32_768, 65_273, 65_274, 65_275, 65_535, 65_536, 65_537].map(
    (size): [string, Uint8Array] => [`symbols of ${size}`, fewSymbols('size', size, 30)],
  ),
  ...[65_300, 98_043, 98_304].map((size): [string, Uint8Array] => [
    `mixture of ${size}`,
    mixture(`ends at ${size}`, size),
  ]),
  ...[32_505, 32_506, 32_507].map((period): [string, Uint8Array] => [
    `period ${period}`,
    periodic(period, 131_300),
  ]),
]);
