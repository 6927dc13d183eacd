import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import type { SharedStore } from '../../src/store-sharing/shared-store.ts';
import { SharedStores } from '../../src/store-sharing/shared-stores.ts';
import type { Warning } from '../../src/warning.ts';
import { rejection } from '../support/rejection.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { memorySharedStore } from './memory-shared-store.ts';

const { signal } = new AbortController();
const local = new MemoryBlobs();
const first = local.add('one', 'text/plain');
const second = local.add('two', 'text/plain');
const third = local.add('three', 'text/plain');
const network = new PaletteEdgeError('SERVER_FAILURE', 'it answered 500', { kind: 'network' });
const denied = new PaletteEdgeError('ACCESS_DENIED', 'it answered 403', { kind: 'authentication' });

async function open(stores: readonly SharedStore[], isReadOnly = false) {
  const warnings: Warning[] = [];
  const shared = await SharedStores.open(stores, {
    isReadOnly,
    tell: (warning) => warnings.push(warning),
    signal,
  });
  const take = async (blob: BlobIdentity) =>
    await shared.take(blob, async (place) => await readWholeBlob(place, blob), signal);
  return { shared, warnings, take };
}

test('a blob comes from the first that has it', async () => {
  const [empty, full] = [memorySharedStore('oci://a.example/c'), memorySharedStore('oci://b.example/c')];
  full.content.set(first.digest, local.get(first.digest));
  const { shared, take, warnings } = await open([empty, full]);
  expect(await shared.has(first)).toBe(true);
  expect(await take(first)).toEqual(local.get(first.digest));
  expect(await shared.has(second)).toBe(false);
  expect(await take(second)).toBeUndefined();
  expect(warnings).toEqual([]);
});

test('what is offered gets into all that lack it, once, and is kept', async () => {
  const [empty, full] = [memorySharedStore('oci://a.example/c'), memorySharedStore('oci://b.example/c')];
  full.content.set(first.digest, local.get(first.digest));
  const { shared, warnings } = await open([empty, full]);
  for (const blob of [first, second, first]) shared.offer(blob, local);
  await shared.finish('1a2b3c4d', [first, second, third]);
  expect(shared.pending).toBe(0);
  for (const { content, kept } of [empty, full]) {
    expect([...content.keys()].toSorted()).toEqual([first.digest, second.digest].toSorted());
    // What is not there cannot be named in a manifest.
    expect(kept).toMatchObject([
      { id: '1a2b3c4d', blobs: [first, second].map(({ digest }) => ({ digest })) },
    ]);
  }
  expect(empty.asked.filter((question) => question === 'put')).toHaveLength(2);
  expect(shared.bytes.put).toBe(first.size + 2 * second.size);
  expect(warnings).toEqual([]);
});

test('a dry run puts nothing in', async () => {
  const store = memorySharedStore();
  const { shared } = await open([store], true);
  shared.offer(first, local);
  await shared.finish('1a2b3c4d', [first]);
  expect(store.asked).toEqual(['check']);
});

test.each(['sizeOf', 'open'] as const)(
  'a store whose %s fails is done without, with one warning',
  async (question) => {
    const [broken, good] = [memorySharedStore('oci://a.example/c'), memorySharedStore('oci://b.example/c')];
    good.content.set(first.digest, local.get(first.digest));
    broken.failures.set(question, network);
    const { shared, take, warnings } = await open([broken, good]);
    const ask = async () => (question === 'open' ? await take(first) : await shared.has(first));
    expect(await ask()).toBeTruthy();
    expect(await ask()).toBeTruthy();
    shared.offer(second, local);
    await shared.finish('1a2b3c4d', [first, second]);
    expect(broken.asked).toEqual(['check', question]);
    expect(good.content.has(second.digest)).toBe(true);
    expect(warnings).toEqual([
      {
        code: 'SHARED_STORE_UNAVAILABLE',
        message: 'the shared store oci://a.example/c is done without: it answered 500',
      },
    ]);
    expect(shared.warnings).toEqual(warnings);
  },
);

test.each([
  ['one that may only be read', denied],
  ['one that takes nothing', network],
] as const)('%s is read from all the same, with one warning', async (_, failure) => {
  const store = memorySharedStore();
  store.content.set(first.digest, local.get(first.digest));
  store.failures.set('put', failure);
  const { shared, take, warnings } = await open([store]);
  for (const blob of [second, third]) shared.offer(blob, local);
  await shared.finish('1a2b3c4d', [first, second, third]);
  expect(await take(first)).toEqual(local.get(first.digest));
  expect(warnings.map(({ code }) => code)).toEqual(['SHARED_STORE_NOT_FILLED']);
  expect(store.asked).not.toContain('keep');
});

test('what cannot be kept is told once, and fails nothing', async () => {
  const store = memorySharedStore();
  store.failures.set('keep', denied);
  const { shared, warnings } = await open([store]);
  shared.offer(first, local);
  await shared.finish('1a2b3c4d', [first]);
  expect(warnings.map(({ code }) => code)).toEqual(['SHARED_STORE_NOT_FILLED']);
});

test('wrong bytes are not taken, and replaced by right ones', async () => {
  const store = memorySharedStore();
  store.content.set(first.digest, Buffer.from('eno'));
  const { shared, take, warnings } = await open([store]);
  expect(await shared.has(first)).toBe(true);
  expect(await take(first)).toBeUndefined();
  // Nobody plans with it any more.
  expect(await shared.has(first)).toBe(false);
  expect(await take(first)).toBeUndefined();
  expect(store.asked.filter((question) => question === 'open')).toHaveLength(1);
  shared.offer(first, local);
  await shared.finish('1a2b3c4d', [first]);
  expect(store.content.get(first.digest)).toEqual(local.get(first.digest));
  expect(store.kept).toHaveLength(1);
  expect(warnings.map(({ code }) => code)).toEqual(['SHARED_BLOB_DAMAGED']);
});

test('wrong bytes that cannot be replaced are neither kept nor taken', async () => {
  const store = memorySharedStore();
  store.content.set(first.digest, Buffer.from('eno'));
  const { shared, take } = await open([{ ...store, put: async () => await Promise.resolve(0) }]);
  expect(await take(first)).toBeUndefined();
  shared.offer(first, local);
  await shared.finish('1a2b3c4d', [first]);
  expect(store.kept).toEqual([]);
  expect(await shared.has(first)).toBe(false);
});

test('who gives wrong bytes again and again is not asked any more', async () => {
  const store = memorySharedStore();
  for (const { digest } of [first, second, third]) store.content.set(digest, Buffer.from('wrong'));
  const { shared, take, warnings } = await open([store]);
  for (const blob of [first, second, third]) expect(await take(blob)).toBeUndefined();
  expect(warnings.map(({ code }) => code)).toEqual(['SHARED_BLOB_DAMAGED', 'SHARED_STORE_UNAVAILABLE']);
  const { length } = store.asked;
  expect(await shared.has(first)).toBe(false);
  expect(store.asked).toHaveLength(length);
});

test('so is who gives wrong bytes while those of before are being replaced', async () => {
  const store = memorySharedStore();
  for (const { digest } of [first, second, third]) store.content.set(digest, Buffer.from('wrong'));
  const { shared, take, warnings } = await open([store]);
  for (const blob of [first, second, third]) {
    expect(await take(blob)).toBeUndefined();
    shared.offer(blob, local);
    while (shared.pending > 0) await new Promise(setImmediate);
  }
  expect(warnings.map(({ code }) => code)).toEqual(['SHARED_BLOB_DAMAGED', 'SHARED_STORE_UNAVAILABLE']);
});

test('a store that cannot be reached at first is done without', async () => {
  const store = memorySharedStore();
  store.failures.set('check', network);
  const { shared, take, warnings } = await open([store]);
  expect([await shared.has(first), await take(first)]).toEqual([false, undefined]);
  expect(store.asked).toEqual(['check']);
  expect(warnings.map(({ code }) => code)).toEqual(['SHARED_STORE_UNAVAILABLE']);
});

test('a store that was given up is not waited for by the next bundle of a fleet', async () => {
  const store = memorySharedStore();
  store.failures.set('sizeOf', network);
  const before = await open([store]);
  expect(await before.shared.has(first)).toBe(false);
  const { shared, take, warnings } = await open([store]);
  expect([await shared.has(first), await take(first)]).toEqual([false, undefined]);
  shared.offer(first, local);
  await shared.finish('1a2b3c4d', [first]);
  expect(store.asked).toEqual(['check', 'sizeOf']);
  expect(warnings).toEqual([]);
});

test('of bundles at once that cannot reach a store one tells', async () => {
  const store = memorySharedStore();
  store.failures.set('check', network);
  const opened = await Promise.all([open([store]), open([store])]);
  expect(store.asked).toEqual(['check', 'check']);
  expect(opened.flatMap(({ warnings }) => warnings)).toHaveLength(1);
});

test('a store that does not let us in is a mistake, which is told with the store', async () => {
  const store = memorySharedStore();
  store.failures.set('check', denied);
  const error = await rejection(open([store]));
  expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
  expect(error.message).toBe('the shared store oci://shared.example/cache cannot be used: it answered 403');
  expect(error.suggestions).toContain('Or build without it: leave its --store out.');
});

test.each(['PLAIN_HTTP_REFUSED', 'NOT_TLS'])('%s is a mistake, too: a flag is missing', async (code) => {
  const store = memorySharedStore();
  const suggestions = ['To allow it, add: --plain-http r.example'];
  store.failures.set('check', new PaletteEdgeError(code, 'no HTTPS', { kind: 'network', suggestions }));
  const error = await rejection(open([store]));
  expect(error).toMatchObject({ code, suggestions: expect.arrayContaining(suggestions) });
});

test('what is no fault of a store is thrown', async () => {
  const disk = new PaletteEdgeError('DISK_FULL', 'no space', { kind: 'disk' });
  const { shared, warnings } = await open([memorySharedStore()]);
  const failing = async () => await Promise.reject(disk);
  await expect(shared.take(first, failing, signal)).rejects.toBe(disk);
  const unreadable = { sizeOf: async () => await Promise.resolve(first.size), open: failing };
  shared.offer(first, unreadable);
  await expect(shared.finish('1a2b3c4d', [first])).rejects.toBe(disk);
  expect(warnings).toEqual([]);
});

test('an interruption is no failure of a store', async () => {
  const store = memorySharedStore();
  const { shared, warnings } = await open([store]);
  const stop = new AbortController();
  const use = async () => {
    stop.abort();
    return await Promise.reject(network);
  };
  await expect(shared.take(first, use, stop.signal)).rejects.toThrow(/aborted/);
  expect(await shared.has(first)).toBe(false);
  expect(warnings).toEqual([]);
});

test('disposing ends what is under way, and starts nothing of the rest', async () => {
  const store = memorySharedStore();
  const held = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  store.onQuestion = async (question) => {
    if (question !== 'put') return;
    isHeld.resolve();
    await held.promise;
  };
  const { shared } = await open([store]);
  const many = Array.from({ length: 20 }, (_, index) => local.add(`blob ${index}`, 'text/plain'));
  for (const blob of many) shared.offer(blob, local);
  await isHeld.promise;
  const ended = shared[Symbol.asyncDispose]();
  held.resolve();
  await ended;
  expect(store.content.size).toBeLessThanOrEqual(4);
});
