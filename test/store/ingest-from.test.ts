import { readdir, readFile, rm } from 'node:fs/promises';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { blob, bytes, cutAfter, emptyStore, from, never } from './empty-store.ts';
import { allBytes, identityOf, inPieces, mebibyte, seededBytes } from './seeded-blob.ts';

describe('ingestFrom', () => {
  test('tells what it received, and reuses what is here', async () => {
    const { store } = await emptyStore();
    const counts: number[] = [];
    const report = await store.ingestFrom(blob, async (start) => await from(bytes, start), {
      onBytes: (count) => counts.push(count),
    });
    expect(report).toEqual({ received: blob.size, resumed: 0, reused: false });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(blob.size);
    expect(await store.ingestFrom(blob, never)).toEqual({ received: 0, resumed: 0, reused: true });
  });

  test('a failure keeps every byte that was received, and the next run goes on from the last', async () => {
    const { store, file, ingest } = await emptyStore();
    await expect(store.ingestFrom(blob, cutAfter(1_000_001))).rejects.toThrow('cut');
    expect(await store.sizeOf(blob.digest)).toBeUndefined();
    expect(await store.partialSizes()).toEqual(new Map([[blob.digest, 1_000_001]]));
    const counts: number[] = [];
    const report = await store.ingestFrom(
      blob,
      async (start) => {
        expect(start).toBe(1_000_001);
        return await from(bytes, start);
      },
      { onBytes: (count) => counts.push(count) },
    );
    expect(report).toEqual({ received: blob.size - 1_000_001, resumed: 1_000_001, reused: false });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(report.received);
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('an abort keeps what was received, the last piece included', async () => {
    const { store } = await emptyStore();
    const abort = new AbortController();
    const reason = new Error('Ctrl-C');
    let received = 0;
    const ingesting = store.ingestFrom(blob, async () => await from(bytes, 0), {
      signal: abort.signal,
      onBytes: (count) => {
        received += count;
        if (received > 2 * mebibyte) abort.abort(reason);
      },
    });
    await expect(ingesting).rejects.toBe(reason);
    expect(await store.partialSizes()).toEqual(new Map([[blob.digest, received]]));
    const again = store.ingestFrom(blob, never, { signal: abort.signal });
    await expect(again).rejects.toBe(reason);
    await expect(store.ingest(blob, inPieces(bytes), abort.signal)).rejects.toBe(reason);
    await expect(store.sizeOf(blob.digest, abort.signal)).rejects.toBe(reason);
  });

  test('a partial blob that is complete needs nothing more', async () => {
    const { store, file } = await emptyStore();
    await expect(store.ingestFrom(blob, cutAfter(blob.size))).rejects.toThrow('cut');
    const report = await store.ingestFrom(blob, never);
    expect(report).toEqual({ received: 0, resumed: blob.size, reused: false });
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });

  test('what fails before the first byte leaves nothing', async () => {
    const { store, ingest } = await emptyStore();
    const refused = new PaletteEdgeError('BLOB_NOT_FOUND', 'reading from x: not there', { kind: 'notFound' });
    const ingesting = store.ingestFrom(blob, async () => await Promise.reject(refused));
    await expect(ingesting).rejects.toBe(refused);
    expect(await readdir(ingest)).toEqual([]);
  });

  test('a system error of the content is not taken for one of the store', async () => {
    const { store } = await emptyStore();
    const failure = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const ingesting = store.ingestFrom(blob, async () => await Promise.reject(failure));
    await expect(ingesting).rejects.toBe(failure);
  });
});

test('any pieces and any interruptions give the blob, and nothing is received twice', async () => {
  const interruption = fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    isAbort: fc.boolean(),
    piece: fc.integer({ min: 1, max: 700_000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2.5 * mebibyte }),
      fc.array(interruption, { maxLength: 5 }),
      fc.integer({ min: 1, max: 1_500_000 }),
      async (size, interruptions, lastPiece) => {
        const content = seededBytes({ seed: size, size });
        const { store, ingest } = await emptyStore();
        let kept = 0;
        for (const { share, isAbort, piece } of interruptions) {
          const abort = new AbortController();
          const count = Math.floor((size - kept) * share);
          const end = kept + count;
          const source = async function* (start: number) {
            expect(start).toBe(kept);
            yield* inPieces(content.subarray(start, end), piece);
            if (!isAbort) throw new Error('cut');
            abort.abort(new Error('cut'));
            if (end < size) yield content.subarray(end, end + 1);
          };
          const { signal } = abort;
          const ingesting = store.ingestFrom(
            identityOf(content),
            async (start) => await Promise.resolve(source(start)),
            { signal },
          );
          const isDone = kept === size || (isAbort && end === size);
          if (isDone) {
            await ingesting;
            kept = size;
            continue;
          }
          await expect(ingesting).rejects.toThrow('cut');
          kept = isAbort ? end + 1 : end;
        }
        const report = await store.ingestFrom(
          identityOf(content),
          async (start) => await Promise.resolve(inPieces(content.subarray(start), lastPiece)),
        );
        expect(report.resumed + report.received).toBe(report.reused ? 0 : size);
        const stored = await allBytes(await store.open(identityOf(content)));
        expect(stored.equals(content)).toBe(true);
        expect(await readdir(ingest)).toEqual([]);
        await rm(store.folder, { recursive: true });
      },
    ),
    { numRuns: 40 },
  );
});
