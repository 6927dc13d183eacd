import { expect, test } from 'vitest';

import { isSharedStoreUrl, parseSharedRepository } from '../../src/store-sharing/shared-store-url.ts';

test('shared stores are told from folders by their schemes', () => {
  expect(['oci://r.example/cache', 's3://bucket', 'S3://bucket/a'].map(isSharedStoreUrl)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['store', '/var/oci', './s3:', 'oci:/x', 'https://r.example'].some(isSharedStoreUrl)).toBe(false);
});

test.each([
  ['oci://registry.example.com/cache', 'registry.example.com', 'cache'],
  ['OCI://127.0.0.1:5000/team/cache', '127.0.0.1:5000', 'team/cache'],
  ['oci://localhost/cache', 'localhost', 'cache'],
  ['oci://localhost/cache/', 'localhost', 'cache'],
  ['oci://docker.io/org/cache', 'docker.io', 'org/cache'],
])('%s is a repository', (text, registry, repository) => {
  expect(parseSharedRepository(text)).toEqual({ registry, repository });
});

test.each([
  // Docker Hub is not meant by those who forget the registry.
  ['oci://team/cache', 'expected the registry'],
  ['oci://cache', 'expected the registry'],
  ['oci://r.example/cache:1', 'without tag'],
  [`oci://r.example/cache@sha256:${'0'.repeat(64)}`, 'without tag'],
])('%s is refused', (text, words) => {
  expect(() => parseSharedRepository(text)).toThrow(
    expect.objectContaining({
      code: 'SHARED_STORE_INVALID',
      kind: 'usage',
      message: expect.stringContaining(words),
    }),
  );
});

test.each([
  'oci://me:geheim@r.example/cache',
  'oci://me:geheim?a@r.example/cache',
  'oci://r.example/cache?token=geheim',
  'oci://r.example/Cache?token=geheim',
])('a password is not repeated: %s', (text) => {
  expect(() => parseSharedRepository(text)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('geheim') }),
  );
});

test('it is told which option is wrong', () => {
  expect(() => parseSharedRepository('oci://r.example/Cache')).toThrow(
    expect.objectContaining({
      code: 'REFERENCE_INVALID',
      message: expect.stringMatching(/^--store oci:\/\/r\.example\/Cache: /),
    }),
  );
});
