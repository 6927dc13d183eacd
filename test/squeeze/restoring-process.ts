// Restores a file, and ends its threads when nothing else is to be waited for: a process of its own, which must get to its end.
import { gzipSync } from 'node:zlib';

import { parseRecipe } from '../../src/squeeze/recipe.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';
import { allOf, analyzeBytes, inPieces } from './gzip-trial.ts';

const plain = Buffer.from(Array.from({ length: 2000 }, (_, at) => `line ${at * 7919}\n`).join(''));
const threads = new SqueezeThreads(1);
try {
  const analysis = await analyzeBytes(threads, gzipSync(plain, { level: 0 }));
  if (analysis.outcome === 'kept') throw new Error(analysis.text);
  const source = { size: plain.length, open: (start: number) => inPieces(plain.subarray(start)) };
  const { signal } = new AbortController();
  await allOf(threads.restore(parseRecipe(analysis.recipe, 'the process'), source, signal));
} finally {
  await threads[Symbol.asyncDispose]();
}
console.log('ended');
