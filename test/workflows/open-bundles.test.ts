import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { BundleBlobs } from '../../src/workflows/bundle-blobs.ts';
import { openBundles } from '../../src/workflows/open-bundles.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { verifyIso } from '../../src/workflows/verify-iso.ts';
import { deltaFiles, makeDelta } from '../support/delta-bundles.ts';
import type { DeltaFiles } from '../support/delta-bundles.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
let files: DeltaFiles;
beforeAll(async () => {
  files = await deltaFiles(await mkdtemp(join(tmpdir(), 'palette-edge-test-')));
});
afterAll(async () => await rm(files.folder, { recursive: true }));

/** Opens bundles, reads every blob of each as `serve` does, and tells which there were and how many blobs. */
async function readAll(paths: readonly string[]) {
  await using resources = new AsyncDisposableStack();
  const bundles = await openBundles({ paths }, resources, signal);
  const blobs = new BundleBlobs(bundles);
  const digests = new Set<string>();
  for (const { reader } of bundles)
    for (const blob of reader.inventory.blobs) {
      await readWholeBlob(blobs, blob);
      digests.add(blob.digest);
    }
  return { paths: bundles.map(({ path }) => path), blobs: digests.size };
}

test('a folder stands for the bundles in it, and delta bundles there find their bases', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'not-looked-into.tar.zst'));
  await writeFile(join(folder, 'other.tar.zst'), 'something else');
  await writeFile(join(folder, 'notes.txt'), 'notes');
  const split = { partSize: 10_000, style: 'plain' } as const;
  const { versions, second, third } = files;
  await makeDelta(versions[1], { bases: [versions[0]], output: join(folder, 'b.tar.zst'), split });
  const all = await readAll([folder, versions[0]]);
  expect(all.paths[0]).toMatch(/b\.tar\.zst/);
  expect(all.paths.length).toBe(2);
  const whole = await readAll([versions[0], second, third]);
  expect(whole.paths).toEqual([versions[0], second, third]);
  expect(await readAll([files.folder])).toMatchObject({ blobs: whole.blobs });
});

test('an image stands for the bundles in it', async () => {
  const iso = join(await temporaryFolder(), 'site.iso');
  await makeIso([files.versions[0], files.second], { output: iso });
  expect(
    await verifyIso(
      iso,
      { hasher: hashHere, listener: { onPhase: () => undefined, onBytes: () => undefined } },
      signal,
    ),
  ).toMatchObject({
    problems: [],
  });
  const { paths } = await readAll([iso]);
  expect(paths).toEqual([`${iso}:v1.tar.zst`, `${iso}:v2.delta.tar.zst`]);
});

test('a folder without bundles is told, and a delta bundle that is alone in its folder', async () => {
  const folder = await temporaryFolder();
  expect(await rejection(readAll([folder]))).toMatchObject({ code: 'NO_BUNDLES', kind: 'notFound' });
  await makeDelta(files.versions[1], { bases: [files.versions[0]], output: join(folder, 'b.tar.zst') });
  expect(await rejection(readAll([folder]))).toMatchObject({ code: 'BASE_NEEDED', kind: 'notFound' });
});
