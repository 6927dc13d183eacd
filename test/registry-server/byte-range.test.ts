import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseByteRange } from '../../src/registry-server/byte-range.ts';

test('whatever the header is, the range is one of the content', () => {
  const number = fc.oneof(fc.constant(''), fc.nat(300).map(String), fc.constant('9'.repeat(30)));
  const header = fc.oneof(
    fc.tuple(number, number).map(([first, last]) => `bytes=${first}-${last}`),
    fc.string(),
  );
  fc.assert(
    fc.property(header, fc.nat(200), (text, size) => {
      const range = parseByteRange(text, size);
      if (range === undefined || range === 'unsatisfiable') return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThan(range.start);
      expect(range.end).toBeLessThanOrEqual(size);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test('without a header there is none', () => {
  expect(parseByteRange(undefined, 10)).toBeUndefined();
});
