import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { parseRegistryHost } from '../../src/workflows/registry-host.ts';

test.each([
  ['ghcr.io', 'ghcr.io'],
  ['GHCR.io', 'ghcr.io'],
  ['https://ghcr.io/', 'ghcr.io'],
  ['http://localhost:5000/v2/', 'localhost:5000'],
  ['[::1]:5000', '[::1]:5000'],
  ['mirror.corp:443', 'mirror.corp'],
  ['docker.io', 'docker.io'],
  ['index.docker.io', 'docker.io'],
  ['https://index.docker.io/v1/', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
])('%s is the registry %s', (text, registry) => {
  expect(parseRegistryHost(text)).toBe(registry);
});

test.each([
  '',
  'ghcr.io/org',
  'a b',
  'a:',
  ':5000',
  'user:s3cret@ghcr.io',
  'https://s3cret@ghcr.io',
  'a.test?s3cret',
])('%j is none, and no password is told', (text) => {
  expect(() => parseRegistryHost(text)).toThrow(PaletteEdgeError);
  expect(() => parseRegistryHost(text)).not.toThrow('s3cret');
});
