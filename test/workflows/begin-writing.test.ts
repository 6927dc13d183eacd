import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { planBundle } from '../../src/bundle/plan-bundle.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { beginWriting } from '../../src/workflows/begin-writing.ts';
import type { BundleBeingWritten } from '../../src/workflows/begin-writing.ts';
import type { BuildEvent } from '../../src/workflows/build-event.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { rejection } from '../support/rejection.ts';
import { sampleContent } from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a bundle that is begun before its blobs arrive is the one that is written afterwards', async () => {
  const { writing, arriveAll, folder, path, plan, blobs } = await begun();
  const pulled = await writing.whileWriting(async () => await arriveAll());
  expect(pulled).toBe('pulled');
  const written = await writing.finish();
  const later = await writeOutput({
    plan,
    blobs,
    path: join(folder, 'later.tar.zst'),
    compressionLevel: 3,
    signal: new AbortController().signal,
    onBytes: () => undefined,
  });
  expect(written).toEqual({
    path,
    name: 'edge-demo',
    id: plan.id,
    size: later.size,
    sha256: digestHex(later.sha256),
  });
  expect((await readFile(path)).equals(await readFile(join(folder, 'later.tar.zst')))).toBe(true);
});

test('nothing is shown before it is waited for; then what is left of the tar adds up', async () => {
  const { writing, arriveAll, events } = await begun();
  expect(events).toEqual([]);
  const finished = writing.finish();
  await arriveAll();
  await finished;
  const [first, ...rest] = events;
  const counted = rest.reduce((sum, event) => sum + (event.kind === 'written-bytes' ? event.count : 0), 0);
  expect(first).toEqual({ kind: 'writing', total: counted });
  expect(counted).toBeGreaterThan(0);
});

test('given up, it leaves nothing, wherever it was', async () => {
  const early = await begun();
  await early.writing.abort();
  expect(await readdir(early.folder)).toEqual(['store']);
  const late = await begun();
  await late.arriveAll(1);
  await late.writing.abort();
  await late.writing.abort();
  expect(await readdir(late.folder)).toEqual(['store']);
});

test('an interruption leaves nothing, and is told to whoever waits', async () => {
  const { writing, interrupt, folder } = await begun();
  const finished = writing.finish();
  const reason = new Error('Ctrl-C');
  interrupt(reason);
  await expect(finished).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual(['store']);
});

test('work that is interrupted or fails by itself is told as it failed, and nothing is left', async () => {
  const { writing, interrupt, folder } = await begun();
  const pulling = writing.whileWriting(untilAborted);
  const reason = new Error('Ctrl-C');
  interrupt(reason);
  await expect(pulling).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual(['store']);
  const other = await begun();
  const failure = new Error('the disk of the store is full');
  await expect(other.writing.whileWriting(async () => await Promise.reject(failure))).rejects.toBe(failure);
  expect(await readdir(other.folder)).toEqual(['store']);
});

test('a failure to write ends the work that feeds it, and is what is told', async () => {
  const { writing, folder } = await begun('file/folder/edge.tar.zst');
  let reason: unknown;
  const pulling = writing.whileWriting(async (signal) => {
    try {
      return await untilAborted(signal);
    } catch (error) {
      reason = error;
      throw error;
    }
  });
  expect(await rejection(pulling)).toMatchObject({ code: 'NOT_A_FOLDER', kind: 'usage' });
  // Else the work would take the failure for its own: for wrong content of a blob, for example.
  expect(reason).toMatchObject({ name: 'AbortError' });
  expect(await rejection(writing.finish())).toMatchObject({ code: 'NOT_A_FOLDER' });
  expect(await readdir(folder)).toEqual(['file', 'store']);
});

test('work that does not look at its signal changes nothing about that', async () => {
  const { writing } = await begun('file/folder/edge.tar.zst');
  const pulling = writing.whileWriting(async () => void (await writing.finish().catch(() => undefined)));
  expect(await rejection(pulling)).toMatchObject({ code: 'NOT_A_FOLDER' });
});

test('a blob that turns out to be damaged ends the work too', async () => {
  const { writing, arriveAll, store, plan } = await begun();
  const { digest, size } = plan.inventory.blobs.findLast((blob) => blob.size > 1000) ?? {
    digest: '',
    size: 0,
  };
  const pulling = writing.whileWriting(async (signal) => {
    await arriveAll(plan.inventory.blobs.length, async () => {
      const path = join(store.folder, 'blobs/sha256', digest.slice(7));
      await chmod(path, 0o644);
      await writeFile(path, Buffer.alloc(size));
    });
    return await untilAborted(signal);
  });
  const error = await rejection(pulling);
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error.message).toContain(digest);
});

/** A bundle that is being written into a folder of its own, of blobs none of which has arrived. */
async function begun(name = 'made/edge.tar.zst') {
  const folder = await temporaryFolder();
  if (name.startsWith('file/')) await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'store'));
  const store = await BlobStore.open(join(folder, 'store'));
  const blobs = new MemoryBlobs();
  const plan = planBundle(await sampleContent(blobs));
  const events: BuildEvent[] = [];
  const interrupted = new AbortController();
  const path = join(folder, name);
  const writing: BundleBeingWritten = beginWriting(plan, {
    blobs: store,
    path,
    compressionLevel: 3,
    hasher: hashHere,
    signal: interrupted.signal,
    listener: (event) => events.push(event),
  });
  const arriveAll = async (
    count = plan.inventory.blobs.length,
    afterIngest = async () => await Promise.resolve(),
  ) => {
    const arriving = plan.inventory.blobs.slice(0, count);
    for (const blob of arriving) await store.ingest(blob, await blobs.open(blob));
    await afterIngest();
    for (const { digest } of arriving) writing.arrive(digest, { isHashed: false });
    return 'pulled';
  };
  const interrupt = (reason: Error) => interrupted.abort(reason);
  return { writing, arriveAll, interrupt, events, folder, path, plan, blobs, store };
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return await aborted.promise;
}
