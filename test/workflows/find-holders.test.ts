import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import type { BundleReader } from '../../src/bundle/bundle-reader.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { findHolders } from '../../src/workflows/find-holders.ts';
import { openBundleFile } from '../../src/workflows/open-bundle.ts';
import { deltaFiles, makeDelta } from '../support/delta-bundles.ts';
import type { DeltaFiles } from '../support/delta-bundles.ts';

let files: DeltaFiles;
/** Of version 1 against version 2. */
let back: string;
beforeAll(async () => {
  files = await deltaFiles(await mkdtemp(join(tmpdir(), 'palette-edge-test-')));
  back = join(files.folder, 'v1.delta.tar.zst');
  await makeDelta(files.versions[0], { bases: [files.versions[1]], output: back });
});
afterAll(async () => await rm(files.folder, { recursive: true }));

const nowhere: ReadonlySet<Digest> = new Set();

async function reader(path: string): Promise<BundleReader> {
  const opened = await openBundleFile(path);
  onTestFinished(async () => await opened.reader.close());
  return opened.reader;
}

/** The layers that a bundle has as changes to others. */
function patched(bundle: BundleReader): Digest[] {
  return [...bundle.own()].filter((digest) => bundle.oldsOf(digest).length > 0);
}

test('each blob is held by the first that has it', async () => {
  const first = await reader(files.versions[0]);
  const second = await reader(files.versions[1]);
  const shared = [...first.own()].filter((digest) => [...second.own()].includes(digest));
  expect(shared.length).toBeGreaterThan(0);
  for (const order of [
    [first, second],
    [second, first],
  ]) {
    const holders = findHolders(order, nowhere);
    expect(shared.every((digest) => holders.get(digest) === order.at(0))).toBe(true);
    expect(new Set(holders.keys())).toEqual(new Set([...first.own(), ...second.own()]));
  }
});

test('what is changes to others is held where those are, through a chain, whatever its order', async () => {
  const paths = [files.versions[0], files.second, files.third];
  for (const order of [paths, paths.toReversed()]) {
    const all = await Promise.all(order.map(reader));
    const holders = findHolders(all, nowhere);
    const own = all.flatMap((each) => [...each.own()]);
    expect(new Set(holders.keys())).toEqual(new Set(own));
  }
  const second = await reader(files.second);
  const third = await reader(files.third);
  expect(patched(second).length).toBeGreaterThan(0);
  expect(patched(third).length).toBeGreaterThan(0);
  const alone = findHolders([second, third], nowhere);
  for (const digest of [...patched(second), ...patched(third)]) expect(alone.has(digest)).toBe(false);
  expect(alone.size).toBeGreaterThan(0);
});

test('what is elsewhere counts as there', async () => {
  const second = await reader(files.second);
  const elsewhere = new Set(patched(second).flatMap((digest) => second.oldsOf(digest)));
  const holders = findHolders([second], elsewhere);
  expect(patched(second).every((digest) => holders.get(digest) === second)).toBe(true);
  // It is in no bundle.
  expect([...elsewhere].some((digest) => holders.has(digest))).toBe(false);
});

test('bundles that need each other hold nothing of that', async () => {
  const both = [await reader(files.second), await reader(back)];
  const layers = both.flatMap(patched);
  expect(layers.length).toBeGreaterThanOrEqual(2);
  const holders = findHolders(both, nowhere);
  for (const digest of layers) expect(holders.has(digest)).toBe(false);
  const first = await reader(files.versions[0]);
  const found = findHolders([...both, first], nowhere);
  for (const digest of layers) expect(found.has(digest)).toBe(true);
});
