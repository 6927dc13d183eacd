import { describe, expect, it } from 'vitest';

import { mostStored } from '../../../src/squeeze/go/block-writer.ts';
import { FastMatcher } from '../../../src/squeeze/go/fast-matcher.ts';
import { mixture } from '../../support/go-oracle-inputs.ts';

describe('FastMatcher', () => {
  it('finds the same matches however often its positions are made small again', () => {
    const plain = mixture('positions', 12 * mostStored);
    const expected = tokensOf(plain, new FastMatcher());
    expect(expected.length).toBeLessThan((3 * plain.length) / 4);
    for (const movedAt of [mostStored + 1, 3 * mostStored]) {
      expect(
        Buffer.compare(
          Buffer.from(tokensOf(plain, new FastMatcher(movedAt)).buffer),
          Buffer.from(expected.buffer),
        ),
      ).toBe(0);
    }
  });
});

function tokensOf(plain: Uint8Array, matcher: FastMatcher): Int32Array {
  const tokens: number[] = [];
  for (let at = 0; at < plain.length; at += mostStored) {
    const block = plain.subarray(at, at + mostStored);
    matcher.plain.set(block, mostStored);
    tokens.push(...matcher.tokens.subarray(0, matcher.match(block.length)));
    matcher.advance();
  }
  return Int32Array.from(tokens);
}
