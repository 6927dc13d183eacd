import { expect, test } from 'vitest';

import { isRepositoryName } from '../../src/registry-server/name-grammar.ts';
import { servedName, shortNames } from '../../src/workflows/served-names.ts';

test.each([
  ['docker.io', 'docker.io/library/nginx'],
  ['localhost:5000', 'localhost-5000/library/nginx'],
  ['127.0.0.1:5000', '127.0.0.1-5000/library/nginx'],
  ['[::1]:5000', '1-5000/library/nginx'],
  ['[fd00::5]', 'fd00-5/library/nginx'],
])('the registry %s is the first part of a valid name', (registry, name) => {
  const served = servedName({ registry, repository: 'library/nginx' });
  expect(served).toBe(name);
  expect(isRepositoryName(served)).toBe(true);
});

test('a name that one registry has is short', () => {
  const nginx = { registry: 'docker.io', repository: 'library/nginx' };
  const app = { registry: 'localhost:5000', repository: 'org/app' };
  expect(shortNames([nginx, app, nginx])).toEqual({
    short: new Map([
      ['library/nginx', 'docker.io/library/nginx'],
      ['org/app', 'localhost-5000/org/app'],
    ]),
    ambiguous: new Map(),
  });
});

test('a name that two registries have is ambiguous', () => {
  const repositories = ['quay.io', 'ghcr.io'].map((registry) => ({ registry, repository: 'org/app' }));
  expect(shortNames(repositories)).toEqual({
    short: new Map(),
    ambiguous: new Map([['org/app', ['ghcr.io/org/app', 'quay.io/org/app']]]),
  });
});

test('a full name stands for itself also when another registry has a repository of that name', () => {
  const repositories = [
    { registry: 'quay.io', repository: 'org/app' },
    { registry: 'mirror.example', repository: 'quay.io/org/app' },
  ];
  const { short, ambiguous } = shortNames(repositories);
  expect(short).toEqual(new Map([['org/app', 'quay.io/org/app']]));
  expect(ambiguous).toEqual(
    new Map([['quay.io/org/app', ['mirror.example/quay.io/org/app', 'quay.io/org/app']]]),
  );
});
