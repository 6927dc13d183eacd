import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { checkSharedStores } from '../../src/workflows/doctor-shared-stores.ts';
import { memorySharedStore } from '../store-sharing/memory-shared-store.ts';

const { signal } = new AbortController();

function failing(error: Error) {
  const store = memorySharedStore();
  store.failures.set('check', error);
  return store;
}

test('a problem is what ends builds, a warning what they go on without', async () => {
  const denied = new PaletteEdgeError('ACCESS_DENIED', 'it answered 403', {
    kind: 'authentication',
    suggestions: ['Log in.'],
  });
  const gone = new PaletteEdgeError('CONNECTION_REFUSED', 'the connection was refused', { kind: 'network' });
  const stores = [memorySharedStore('s3://bucket/cache'), failing(denied), failing(gone)];
  const name = 'shared store oci://shared.example/cache';
  expect(await checkSharedStores(stores, signal)).toEqual([
    { name: 'shared store s3://bucket/cache', status: 'ok', detail: 'can be read', remedies: [] },
    { name, status: 'problem', detail: 'it answered 403', remedies: ['Log in.'] },
    { name, status: 'warning', detail: 'the connection was refused; builds go on without it', remedies: [] },
  ]);
  expect(stores.flatMap(({ asked }) => asked)).toEqual(['check', 'check', 'check']);
});

test('a bug is no finding', async () => {
  await expect(checkSharedStores([failing(new TypeError('a bug'))], signal)).rejects.toThrow('a bug');
});
