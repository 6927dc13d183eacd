/**
 * Looks for the recipes of gzip files and restores them, one after the other, with as many threads as there are processors, and prints what that
 * took. A process of its own, so that it can be bound to processors.
 *
 *   taskset -c 0 node encoder-trial.ts FOLDER [--restore-only]
 *
 * FOLDER holds 0.gz and 0.tar, 1.gz and 1.tar, …; recipes are put beside them, and taken from there with --restore-only.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { digestOf } from '../../src/oci/digest.ts';
import { parseRecipe } from '../../src/squeeze/recipe.ts';
import { SqueezeThreads } from '../../src/squeeze/squeeze-threads.ts';

/** What the trial prints, as JSON. */
export interface EncoderTrial {
  /** 0 when only restored. */
  readonly analyzeSeconds: number;
  readonly restoreSeconds: number;
  /** Bytes of all tars. */
  readonly tarBytes: number;
  /** Of those whose gzip files have a recipe. */
  readonly restoredTarBytes: number;
  /** Of these gzip files. */
  readonly gzipBytes: number;
  readonly recipeBytes: number;
  /** Who wrote the files, or why one is kept. */
  readonly found: readonly string[];
}

const { signal } = new AbortController();
const [, , folder = '', mode] = process.argv;
const names = (await readdir(folder)).filter((name) => name.endsWith('.gz')).map((name) => name.slice(0, -3));
// They end with the process, which does not wait for them.
const threads = new SqueezeThreads(availableParallelism());

const found = new Set<string>();
let analyzeSeconds = 0;
if (mode !== '--restore-only') for (const name of names) analyzeSeconds += await analyze(join(folder, name));
let restoreSeconds = 0;
let tarBytes = 0;
let restoredTarBytes = 0;
let gzipBytes = 0;
let recipeBytes = 0;
for (const name of names) restoreSeconds += await restore(join(folder, name));
const trial: EncoderTrial = {
  analyzeSeconds,
  restoreSeconds,
  tarBytes,
  restoredTarBytes,
  gzipBytes,
  recipeBytes,
  found: [...found],
};
console.log(JSON.stringify(trial));

/** @returns seconds */
async function analyze(path: string): Promise<number> {
  // What it is compared with is hashed before: the time is that of the analysis alone, which hashes, too.
  const gzip = await readFile(`${path}.gz`);
  const identity = { digest: digestOf(gzip), size: gzip.length };
  const started = performance.now();
  const analysis = await threads.analyze(identity, () => createReadStream(`${path}.gz`), { signal });
  const seconds = (performance.now() - started) / 1000;
  found.add(analysis.outcome === 'kept' ? `kept: ${analysis.reason}` : analysis.encoder);
  if (analysis.outcome === 'kept') await rm(`${path}.recipe`, { force: true });
  else await writeFile(`${path}.recipe`, analysis.recipe);
  return seconds;
}

/**
 * @returns seconds, 0 when there is no recipe
 * @throws PaletteEdgeError `RECIPE_MISMATCH` when other bytes come: the digest is in the recipe
 */
async function restore(path: string): Promise<number> {
  const { size } = await stat(`${path}.tar`);
  tarBytes += size;
  const recipe = await readFile(`${path}.recipe`).catch(() => undefined);
  if (recipe === undefined) return 0;
  const plain = { size, open: (start: number) => createReadStream(`${path}.tar`, { start }) };
  const started = performance.now();
  for await (const piece of threads.restore(parseRecipe(recipe, path), plain, signal)) {
    gzipBytes += piece.length;
  }
  const seconds = (performance.now() - started) / 1000;
  restoredTarBytes += size;
  recipeBytes += recipe.length;
  return seconds;
}
