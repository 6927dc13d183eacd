import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { squarifiedTreemap } from '../../../src/report/page/squarified-treemap.ts';

const frame = { left: 10, top: 20, width: 600, height: 400 };

test('the example of the paper is laid out as there', () => {
  const [first, second, third] = squarifiedTreemap([6, 6, 4, 3, 2, 2, 1], {
    left: 0,
    top: 0,
    width: 6,
    height: 4,
  });
  expect(first).toEqual({ left: 0, top: 0, width: 3, height: 2 });
  expect(second).toEqual({ left: 0, top: 2, width: 3, height: 2 });
  expect(third).toEqual({ left: 3, top: 0, width: expect.closeTo(12 / 7), height: expect.closeTo(7 / 3) });
});

test('areas are as sizes are, and all of them fill the frame without leaving it', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(sizes, (some) => {
      const sorted = some.toSorted((left, right) => right - left);
      const total = sorted.reduce((sum, size) => sum + size, 0);
      for (const [place, { left, top, width, height }] of squarifiedTreemap(sorted, frame).entries()) {
        const share = (sorted[place] ?? 0) / total;
        expect(width * height).toBeCloseTo(share * frame.width * frame.height, 3);
        expect(left).toBeGreaterThanOrEqual(frame.left - 1e-3);
        expect(top).toBeGreaterThanOrEqual(frame.top - 1e-3);
        expect(left + width).toBeLessThanOrEqual(frame.left + frame.width + 1e-3);
        expect(top + height).toBeLessThanOrEqual(frame.top + frame.height + 1e-3);
      }
    }),
    { numRuns: 100 },
  );
});

test.each([
  ['nothing', []],
  ['nothing but zeros', [0, 0]],
])('%s has no area', (_, sizes) => {
  expect(squarifiedTreemap(sizes, frame).map(({ width }) => width)).toEqual(sizes.map(() => 0));
});
