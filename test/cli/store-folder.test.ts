import { expect, test } from 'vitest';

import { ownStoreFolder, sharedStoreUrls, storeFolder } from '../../src/cli/store-folder.ts';

const config = { cacheDir: '/home/me/.cache' };
const shared = ['oci://r.example/cache', 's3://bucket/cache'];

test('the folder is the one that is named, else the one of the user, beside any number of shared stores', () => {
  expect(storeFolder({ store: [] }, config)).toBe('/home/me/.cache/store');
  expect(storeFolder({ store: shared }, config)).toBe('/home/me/.cache/store');
  expect(storeFolder({ store: [...shared, 'here'] }, config)).toBe('here');
  expect(sharedStoreUrls({ store: ['here', ...shared, ...shared] })).toEqual(shared);
});

test.each([
  [['a', 'b'], 'STORE_TWICE'],
  [['https://r.example/cache'], 'STORE_INVALID'],
  [['s3:/bucket', 'store'], 'STORE_TWICE'],
  [['s3:/bucket', 'file:///store'], 'STORE_INVALID'],
  [['file:///store'], 'STORE_INVALID'],
  [[' oci://r.example/cache'], 'STORE_INVALID'],
  [[''], 'STORE_INVALID'],
])('%j is refused', (store, code) => {
  expect(() => storeFolder({ store }, config)).toThrow(expect.objectContaining({ code, kind: 'usage' }));
});

test('a command that looks into the folder is not told of a shared store alone', () => {
  expect(() => ownStoreFolder({ store: shared }, config)).toThrow(
    expect.objectContaining({ code: 'STORE_NOT_HERE', kind: 'usage' }),
  );
  expect(ownStoreFolder({ store: [...shared, 'here'] }, config)).toBe('here');
  expect(ownStoreFolder({ store: [] }, config)).toBe('/home/me/.cache/store');
});

test.each([
  ['of two folders', () => storeFolder({ store: ['here', 'https://me:geheim@r.example/cache'] }, config)],
  ['of a shared store', () => ownStoreFolder({ store: ['oci://me:geheim@r.example/cache'] }, config)],
  ['of a signed URL', () => ownStoreFolder({ store: ['s3://bucket/cache?X-Amz-Signature=geheim'] }, config)],
])('a password is not repeated, %s', (_, read) => {
  expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining('geheim') }));
});
