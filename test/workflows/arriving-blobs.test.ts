import { chmod, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { digestHex } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { ArrivingBlobs } from '../../src/workflows/arriving-blobs.ts';
import { allBytes, identityOf, inPieces, seededBytes } from '../store/seeded-blob.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const bytes = seededBytes({ seed: 1, size: 300_000 });
const blob = identityOf(bytes);

test('a blob that is on its way is waited for', async () => {
  const { store, blobs } = await emptyStore();
  let isOpen = false;
  const content = blobs.open(blob).then(async (opened) => {
    isOpen = true;
    return await allBytes(opened);
  });
  await store.ingest(blob, inPieces(bytes));
  await setImmediate();
  expect(isOpen).toBe(false);
  blobs.arrive(blob.digest, { isHashed: true });
  expect((await content).equals(bytes)).toBe(true);
});

test('one that has arrived is opened at once, as often as it is wanted, whole or a range of it', async () => {
  const { blobs, arrived } = await storeWithBlob();
  arrived(true);
  expect(await blobs.sizeOf(blob.digest)).toBe(blob.size);
  for (const range of [undefined, { start: 5 }, { start: 5, end: 10 }]) {
    const content = await allBytes(await blobs.open(blob, { range }));
    expect(content.equals(bytes.subarray(range?.start, range?.end))).toBe(true);
  }
});

test('what was hashed on its way is not hashed again, but its length is checked', async () => {
  const { blobs, arrived, file } = await storeWithBlob();
  arrived(true);
  const damaged = await damage(file);
  expect((await allBytes(await blobs.open(blob))).equals(damaged)).toBe(true);
  const opened = await blobs.open(blob);
  await truncate(file, blob.size - 1);
  expect(await rejection(allBytes(opened))).toMatchObject({ code: 'SIZE_MISMATCH', kind: 'content' });
  expect(await rejection(blobs.open(blob))).toMatchObject({ code: 'SIZE_MISMATCH', kind: 'content' });
});

test('what was in the store before is verified', async () => {
  const { blobs, arrived, file } = await storeWithBlob();
  arrived(false);
  await damage(file);
  expect(await rejection(allBytes(await blobs.open(blob)))).toMatchObject({ code: 'DIGEST_MISMATCH' });
});

test('an abort ends the waiting with its reason, of whoever aborted and of nobody else', async () => {
  const { store, blobs } = await emptyStore();
  const abort = new AbortController();
  const aborted = blobs.open(blob, { signal: abort.signal });
  const patient = blobs.open(blob, { signal: new AbortController().signal });
  const reason = new Error('Ctrl-C');
  abort.abort(reason);
  await expect(aborted).rejects.toBe(reason);
  await expect(blobs.open(blob, { signal: abort.signal })).rejects.toBe(reason);
  await store.ingest(blob, inPieces(bytes));
  blobs.arrive(blob.digest, { isHashed: true });
  expect(await allBytes(await patient)).toHaveLength(blob.size);
});

async function emptyStore() {
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  return { store, blobs: new ArrivingBlobs(store) };
}

async function storeWithBlob() {
  const { store, blobs } = await emptyStore();
  await store.ingest(blob, inPieces(bytes));
  const file = join(store.folder, 'blobs/sha256', digestHex(blob.digest));
  return { blobs, file, arrived: (isHashed: boolean) => blobs.arrive(blob.digest, { isHashed }) };
}

/** Changes a byte of a file. */
async function damage(file: string): Promise<Buffer> {
  const content = await readFile(file);
  content.writeUInt8(content.readUInt8(1000) ^ 1, 1000);
  await chmod(file, 0o644);
  await writeFile(file, content);
  return content;
}
