import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { AnalysisPasses } from '../../src/squeeze/analysis-passes.ts';
import { createGzipAnalyzer } from '../../src/squeeze/analyze-gzip.ts';
import { parseRecipe } from '../../src/squeeze/recipe.ts';
import { requireTool } from '../support/required-tools.ts';

test.each([
  ['in one', []],
  ['in some', [3, 12, 40, -4]],
])('of pieces that are used again nothing is lost: %s', (_, places) => {
  const text = Buffer.from('a text of some words, and of some more words than words\n'.repeat(300));
  const gzip = execFileSync(requireTool('gzip'), ['-n'], { input: text });
  const analyzer = createGzipAnalyzer(gzip.length, new AnalysisPasses(), { maximumRecipeShare: 10 });
  let read = 0;
  for (const cut of [...places.map((place) => (place + gzip.length) % gzip.length), gzip.length]) {
    const piece = Buffer.from(gzip.subarray(read, cut));
    analyzer.push(piece);
    piece.fill(0xee);
    read = cut;
  }
  const { pass } = analyzer.finish();
  if (pass.outcome !== 'described') throw new Error(pass.outcome);
  const literals = parseRecipe(pass.recipe, 'the test').segments.flatMap((segment) =>
    segment.kind === 'literal' ? [Buffer.from(segment.bytes)] : [],
  );
  expect(literals).toEqual([gzip.subarray(0, 10), gzip.subarray(-8)]);
});
