import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { Analysis } from '../../src/squeeze/analysis.ts';
import type { KnownAnalyses } from '../../src/workflows/analyze-layers.ts';
import { KeptAnalyses } from '../../src/workflows/kept-analyses.ts';
import { squeezableBundle } from '../support/squeezable-bundle.ts';
import { squeeze, squeezedFiles } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sample = await squeezableBundle({ more: false, length: 40_000 });

/** Counts what is asked for and found. */
class Counting implements KnownAnalyses {
  found = 0;
  readonly kept: Digest[] = [];
  readonly #known: KeptAnalyses;

  constructor(folder: string) {
    this.#known = new KeptAnalyses(folder);
  }

  async find(layer: Parameters<KnownAnalyses['find']>[0]): Promise<Analysis | undefined> {
    const analysis = await this.#known.find(layer);
    if (analysis !== undefined) this.found += 1;
    return analysis;
  }

  async keep(...args: Parameters<KnownAnalyses['keep']>): Promise<void> {
    this.kept.push(args[0].digest);
    await this.#known.keep(...args);
  }
}

test('what was found out is not found out again, and what is damaged is', async () => {
  const recipes = join(await temporaryFolder(), 'recipes');
  const first = new Counting(recipes);
  const { folder, plain } = await squeezedFiles(sample.bytes);
  const output = join(folder, 'again.tar.zst');
  const expected = (await squeeze(plain, { known: first, output })).bundle.sha256;
  expect({ found: first.found, kept: first.kept.length }).toEqual({ found: 0, kept: 6 });
  const second = new Counting(recipes);
  expect((await squeeze(plain, { known: second, output })).bundle.sha256).toBe(expected);
  expect({ found: second.found, kept: second.kept }).toEqual({ found: 6, kept: [] });
  const [cut = '', changed = '', other = ''] = (await readdir(recipes)).map((name) => join(recipes, name));
  const bytes = await readFile(changed);
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
  await writeFile(changed, bytes);
  await writeFile(cut, (await readFile(cut)).subarray(0, -20));
  // That of another layer under its name.
  await writeFile(
    other,
    await readFile((await readdir(recipes)).map((name) => join(recipes, name))[5] ?? ''),
  );
  const third = new Counting(recipes);
  expect((await squeeze(plain, { known: third, output })).bundle.sha256).toBe(expected);
  expect({ found: third.found, kept: third.kept.length }).toEqual({ found: 3, kept: 3 });
});

test('one that was kept for want of memory is looked at again', async () => {
  const folder = await temporaryFolder();
  const layer = { digest: digestOf('layer'), size: 5 };
  const analysis = { outcome: 'kept', reason: 'no-memory', text: 'it takes too much' } as const;
  await new KeptAnalyses(folder).keep(layer, analysis);
  expect(await readdir(folder)).toEqual([]);
});

test('one that was kept is remembered with its reason, and only under its size', async () => {
  const known = new KeptAnalyses(await temporaryFolder());
  const layer = { digest: digestOf('layer'), size: 5 };
  await known.keep(layer, { outcome: 'kept', reason: 'damaged', text: 'it ends early' });
  expect(await known.find(layer)).toEqual({ outcome: 'kept', reason: 'damaged', text: 'it ends early' });
  expect(await known.find({ ...layer, size: 6 })).toBeUndefined();
});

test('a folder that cannot be written or read is as if there were none', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), '');
  const known = new KeptAnalyses(join(folder, 'file', 'recipes'));
  const layer = { digest: digestOf('layer'), size: 5 };
  await known.keep(layer, { outcome: 'kept', reason: 'damaged', text: '' });
  expect(await known.find(layer)).toBeUndefined();
  await mkdir(join(folder, `${layer.digest.slice(7)}.json`));
  expect(await new KeptAnalyses(folder).find(layer)).toBeUndefined();
});
