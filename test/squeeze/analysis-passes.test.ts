import { describe, expect, it } from 'vitest';

import { AnalysisPasses } from '../../src/squeeze/analysis-passes.ts';
import type { EncoderParameters } from '../../src/squeeze/encoder-parameters.ts';

const go = (level: number): EncoderParameters => ({ encoder: 'go', settings: { level } });
const [one, six, nine] = [go(1), go(6), go(9)];
const candidates = (): EncoderParameters[] => [one, six, nine];

describe('the order of trials', () => {
  it('begins with the encoder of the member before, and leaves out what is wrong for this one', () => {
    const passes = new AnalysisPasses();
    expect([...passes.order(0, candidates)]).toEqual([one, six, nine]);
    passes.succeeded(nine, 1000);
    expect([...passes.order(1, candidates)]).toEqual([nine, one, six]);
    passes.rule(1, nine);
    expect([...passes.order(1, candidates)]).toEqual([one, six]);
    expect([...passes.order(2, candidates)]).toEqual([nine, one, six]);
  });

  it('asks for no candidates while the encoder of the member before fits', () => {
    const passes = new AnalysisPasses();
    passes.succeeded(six, 1000);
    const never = (): EncoderParameters[] => {
      throw new Error('asked for candidates');
    };
    expect(passes.order(1, never).next().value).toBe(six);
  });

  it('ends with that encoder when enough was tried in vain, until as much has an encoder', () => {
    const passes = new AnalysisPasses();
    passes.succeeded(six, 0);
    for (let trial = 0; trial < 1024; trial += 1) passes.countTrial(1000);
    expect([...passes.order(1, candidates)]).toEqual([six]);
    passes.succeeded(six, 2_000_000);
    expect([...passes.order(1, candidates)]).toEqual([six, one, nine]);
  });
});
