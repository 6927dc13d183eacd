import { expect, test } from 'vitest';

import { lookUpCredential, normaliseCredentialKey } from '../../src/registry/credential-keys.ts';

test.each([
  ['ghcr.io', 'ghcr.io'],
  ['GHCR.io', 'ghcr.io'],
  ['https://index.docker.io/v1/', 'docker.io'],
  ['index.docker.io', 'docker.io'],
  ['https://registry-1.docker.io/v2/', 'docker.io'],
  ['docker.io/library', 'docker.io/library'],
  ['https://example.com:5000/', 'example.com:5000'],
  ['http://example.com/v2/', 'example.com'],
  ['mirror.corp:443', 'mirror.corp'],
  ['https://mirror.corp:443/v2/', 'mirror.corp'],
  ['[fd00::443]:443/org', '[fd00::443]/org'],
  ['[fd00::443]', '[fd00::443]'],
  ['mirror.corp:4430', 'mirror.corp:4430'],
  ['registry-1.docker.io:443', 'docker.io'],
  ['us-docker.pkg.dev/palette-images', 'us-docker.pkg.dev/palette-images'],
])('%s is kept as %s', (key, normalised) => {
  expect(normaliseCredentialKey(key)).toBe(normalised);
});

test('the longest path wins, by whole components', () => {
  const credentials = new Map([
    ['ghcr.io', 'host'],
    ['ghcr.io/org', 'organisation'],
    ['ghcr.io/org/app', 'app'],
  ]);
  const find = (repository: string) => lookUpCredential(credentials, 'ghcr.io', repository);
  expect(find('org/app')).toBe('app');
  expect(find('org/app/sub')).toBe('app');
  expect(find('org/application')).toBe('organisation');
  expect(find('organisation/app')).toBe('host');
});

test('hosts match as a whole: no part, no other port', () => {
  const credentials = new Map([['example.com', 'secret']]);
  for (const host of ['example.com.evil.test', 'evil-example.com', 'xample.com', 'example.com:5000', 'com']) {
    expect(lookUpCredential(credentials, host, 'app')).toBeUndefined();
  }
  expect(lookUpCredential(credentials, 'example.com', 'app')).toBe('secret');
  expect(lookUpCredential(credentials, 'example.com:443', 'app')).toBe('secret');
});
