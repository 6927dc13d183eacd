import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { inventoryId } from '../../src/bundle/inventory.ts';
import { verifyWithBases } from '../../src/workflows/verify-bundle.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import {
  applyDelta,
  deltaFiles,
  isSameFile,
  layeredBundle,
  makeDelta,
  wordsLayer,
} from '../support/delta-bundles.ts';
import type { DeltaFiles } from '../support/delta-bundles.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { squeeze, unsqueeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let files: DeltaFiles;
beforeAll(async () => {
  files = await deltaFiles(await mkdtemp(join(tmpdir(), 'palette-edge-test-')));
});
afterAll(async () => await rm(files.folder, { recursive: true }));

const listener = { onStart: () => undefined, onBytes: () => undefined };
const { signal } = new AbortController();

/** Applies a delta bundle, and tells whether that gives a version; what was begun must not stay when it fails. */
async function applied(delta: string, bases: readonly string[], version: number): Promise<boolean> {
  const folder = await temporaryFolder();
  const output = join(folder, 'out.tar.zst');
  try {
    await applyDelta(delta, { bases, output });
  } catch (error) {
    if ((await readdir(folder)).length > 0) throw new Error('something is left', { cause: error });
    throw error;
  }
  return await isSameFile(output, files.versions[version - 1] ?? '');
}

/** The id that bases are told by. */
async function idOf(path: string): Promise<string> {
  return await withBundle(
    path,
    async ({ inventoryBytes }) => await Promise.resolve(inventoryId(inventoryBytes)),
  );
}

test('a chain is applied, whatever the order of its bases', async () => {
  const { versions, second, third } = files;
  expect(await applied(third, [versions[0], second], 3)).toBe(true);
  expect(await applied(third, [second, versions[0]], 3)).toBe(true);
  // Of the version in the middle the bundle itself does as well; the first has what it had from there.
  expect(await applied(third, [versions[1], versions[0]], 3)).toBe(true);
});

test('a base may be squeezed, in parts, or in an image', async () => {
  const { versions, second } = files;
  const folder = await temporaryFolder();
  const squeezed = join(folder, 'v1.squeezed.tar.zst');
  await squeeze(versions[0], { output: squeezed });
  const parts = join(folder, 'parts.tar.zst');
  await unsqueeze(squeezed, { output: parts, split: { partSize: 9000, style: 'plain' } });
  const iso = join(folder, 'v1.iso');
  await makeIso([versions[0]], { output: iso });
  for (const base of [squeezed, `${parts}.parts.json`, iso])
    expect(await applied(second, [base], 2), `of ${base}`).toBe(true);
});

test('what is missing is named: of a chain the bundle that it begins with', async () => {
  const { versions, second, third } = files;
  const [first, next] = [await idOf(versions[0]), await idOf(versions[1])];
  const needed = async (delta: string, bases: readonly string[]) => await rejection(applied(delta, bases, 3));
  expect(await needed(third, [second])).toMatchObject({ code: 'BASE_NEEDED', kind: 'notFound' });
  const nothing = await needed(third, []);
  expect((await needed(third, [second])).message).toContain(`edge, id ${first} (${second} is ${next})`);
  // One journey suffices to fetch all that may be needed.
  const both = [`edge, id ${first} or edge, id ${next}`, `edge, id ${next} or edge, id ${first}`];
  expect(both.some((named) => nothing.message.endsWith(`, and that is not there: ${named}`))).toBe(true);
  const other = join(await temporaryFolder(), 'other.tar.zst');
  await writeFile(other, (await layeredBundle({ name: 'other', images: [[wordsLayer(7)]] })).bytes);
  const { message, suggestions } = await needed(second, [other]);
  expect(message).toContain(`edge, id ${first} (${other} is ${await idOf(other)})`);
  expect(suggestions).toEqual(['Name the bundle that it was made against: --base OLD.tar.zst']);
});

test('a delta bundle is no base of itself, and two are none of each other', async () => {
  const { versions, second } = files;
  expect(await rejection(applied(second, [second], 2))).toMatchObject({ code: 'BASE_NEEDED' });
  const back = join(await temporaryFolder(), 'back.delta.tar.zst');
  await makeDelta(versions[0], { bases: [versions[1]], output: back });
  expect(await rejection(applied(second, [back], 2))).toMatchObject({ code: 'BASE_NEEDED' });
  expect(await rejection(applied(back, [second], 1))).toMatchObject({ code: 'BASE_NEEDED' });
  expect(await applied(back, [second, versions[1]], 1)).toBe(true);
});

test('a flipped byte in the delta bundle or in its base is found, and nothing is left', async () => {
  const { versions, second } = files;
  const folder = await temporaryFolder();
  const flipped = async (path: string, share: number): Promise<string> => {
    const bytes = await readFile(path);
    const position = Math.floor(bytes.length * share);
    bytes[position] = (bytes[position] ?? 0) ^ 1;
    const copy = join(folder, `${share}-${path === second ? 'delta' : 'base'}.tar.zst`);
    await writeFile(copy, bytes);
    return copy;
  };
  const base = await flipped(versions[0], 0.6);
  const error = await rejection(applied(second, [base], 2));
  expect(error).toMatchObject({ kind: 'content' });
  expect(error.message).toContain(base);
  const { problems } = await verifyWithBases(
    { path: second, bases: { paths: [base], folder: tmpdir() } },
    listener,
    signal,
  );
  expect(problems.length).toBeGreaterThan(0);
  for (const share of [0.1, 0.5, 0.8, 0.98]) {
    const delta = await flipped(second, share);
    const refused = await rejection(applied(delta, [versions[0]], 2));
    expect(refused, `at ${share}`).toMatchObject({ kind: 'content' });
    expect(refused.message).toContain(delta);
  }
});

test('a base is not written over', async () => {
  const folder = await temporaryFolder();
  const [base, delta] = [join(folder, 'v1.tar.zst'), join(folder, 'v2.delta.tar.zst')];
  await copyFile(files.versions[0], base);
  await copyFile(files.second, delta);
  for (const output of [base, delta])
    expect(await rejection(applyDelta(delta, { bases: [base], output }))).toMatchObject({
      code: 'OUTPUT_TAKEN',
    });
  expect(await isSameFile(base, files.versions[0])).toBe(true);
});

test('an interrupted apply leaves nothing', async () => {
  const folder = await temporaryFolder();
  const output = join(folder, 'out.tar.zst');
  const stopped = applyDelta(files.second, {
    bases: [files.versions[0]],
    output,
    signal: AbortSignal.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  expect(await readdir(folder)).toEqual([]);
});

test('squeezing, unsqueezing and applying tell what to do with something else', async () => {
  const { versions, second } = files;
  expect(await rejection(squeeze(second))).toMatchObject({ code: 'IS_A_DELTA', kind: 'usage' });
  expect(await rejection(unsqueeze(second))).toMatchObject({ code: 'IS_A_DELTA', kind: 'usage' });
  expect(await rejection(applied(versions[1], [versions[0]], 2))).toMatchObject({ code: 'NOT_A_DELTA' });
});
