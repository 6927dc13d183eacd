import { describe, expect, test } from 'vitest';

import { leastPiece, PieceBudget } from '../../src/workflows/piece-budget.ts';

const all = 64 * leastPiece;

describe('PieceBudget', () => {
  test('gives one reader all, and shares it out among several', () => {
    const budget = new PieceBudget(all);
    const first = budget.join(undefined);
    expect(first.take(2 * all)).toBe(all);
    const second = budget.join(undefined);
    // The first one still holds all of it.
    expect(second.take(all)).toBe(leastPiece);
    expect(first.take(all)).toBe(all / 2);
  });

  test('gives no more than is wanted', () => {
    const budget = new PieceBudget(all);
    expect(budget.join(undefined).take(10)).toBe(10);
  });

  test('counts the piece of a reader that was aborted once, whatever it asks for afterwards', () => {
    const budget = new PieceBudget(all);
    for (let round = 0; round < 3; round += 1) {
      const leaving = new AbortController();
      const gone = budget.join(leaving.signal);
      gone.take(all);
      leaving.abort();
      gone.take(all);
      gone.take(all);
      gone.leave();
    }
    const [first, second] = [budget.join(undefined), budget.join(undefined)];
    expect(first.take(all)).toBe(all / 2);
    expect(second.take(all)).toBe(all / 2);
    expect(budget.join(undefined).take(all)).toBe(leastPiece);
  });
});
