// Makes delta bundles of random pairs of bundles, and applies them: npm run deltas -- --seed 1 --pairs 100
// Ends with 1 when what was applied is not what a build makes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { applyDelta, bundleIn, isSameFile, makeDelta, randomPair } from '../support/delta-bundles.ts';
import { squeeze } from '../support/squeezing.ts';
import { seededRandom } from './seeded-random.ts';

const { values } = parseArgs({
  options: {
    /** Another one every time unless given; printed. */
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    pairs: { type: 'string', default: '100' },
    /** Tries this one only. */
    only: { type: 'string' },
  },
});

const seed = Number(values.seed);
const first = Number(values.only ?? 0);
const end = values.only === undefined ? Number(values.pairs) : first + 1;
let failures = 0;

console.log(`deltas: seed ${seed}`);
for (let index = first; index < end; index += 1) {
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-deltas-'));
  try {
    const problem = await trial(index, folder);
    if (problem !== undefined) fail(index, problem);
  } catch (error) {
    fail(index, error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await rm(folder, { recursive: true });
  }
}
console.log(`deltas: ${end - first} pairs, ${failures === 0 ? 'nothing wrong' : `${failures} FAILED`}`);
process.exitCode = failures === 0 ? 0 : 1;

/** @returns what is wrong; undefined when nothing is */
async function trial(index: number, folder: string): Promise<string | undefined> {
  const random = seededRandom(seed * 100_003 + index);
  const [before, after] = await randomPair(random);
  const plain = await bundleIn(folder, 'old.tar.zst', before);
  const base = random.chance(0.3) ? (await squeeze(plain)).bundle.path : plain;
  const direct = await bundleIn(folder, 'new.tar.zst', after);
  const [delta, again] = [join(folder, 'new.delta.tar.zst'), join(folder, 'again.delta.tar.zst')];
  await makeDelta(direct, { bases: [base], output: delta, threads: 1 });
  await makeDelta(direct, { bases: [base], output: again, threads: 8 });
  if (!(await isSameFile(delta, again))) return 'one thread and eight give different delta bundles';
  const output = join(folder, 'applied.tar.zst');
  await applyDelta(delta, { bases: [base], output });
  return (await isSameFile(output, direct)) ? undefined : 'what was applied is not what a build makes';
}

function fail(index: number, problem: string): void {
  failures += 1;
  console.log(`deltas: pair ${index} FAILED\n  ${problem}`);
  console.log(`  repeat: npm run deltas -- --seed ${seed} --only ${index}`);
}
