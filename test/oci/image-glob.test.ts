import { expect, test } from 'vitest';

import { imageGlob } from '../../src/oci/image-glob.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { thrown } from '../support/sample-profiles.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['nginx', 'nginx:1.27'],
  ['nginx', `nginx@${digest}`],
  ['nginx:*', 'docker.io/library/nginx:1.27'],
  ['index.docker.io/nginx', 'nginx'],
  ['library/ng*', 'nginx:1.27'],
  ['*', 'nginx'],
  ['docker.io/**', 'bitnami/redis:7'],
  ['docker.io/*/redis', 'bitnami/redis:7'],
  ['gcr.io/*/debug', 'gcr.io/org/debug:v1'],
  ['gcr.io/org/debug*', 'gcr.io/org/debug-tools:v1'],
  ['gcr.io/org/debug:v1*', `gcr.io/org/debug:v1.2@${digest}`],
  ['gcr.io/**', 'gcr.io/a/b/c:1'],
  ['**/test-*', 'gcr.io/a/b/test-x:1'],
  ['**:latest', 'gcr.io/a/b:latest'],
  [`**@${digest}`, `gcr.io/a/b:1@${digest}`],
  ['*/app', 'localhost:5000/app:1'],
  ['localhost:*/app', 'localhost:5000/app:1'],
  ['[::1]:5000/*', '[::1]:5000/app:1'],
  ['**', 'nginx'],
  ['g**.io/*', 'gcr.io/app:1'],
])('%s names %s', (glob, reference) => {
  expect(imageGlob(glob).matches(parseReference(reference))).toBe(true);
});

test.each([
  ['nginx', 'bitnami/nginx'],
  ['nginx', 'nginx-unprivileged'],
  ['ngin', 'nginx'],
  ['*', 'bitnami/redis'],
  ['gcr.io/*', 'gcr.io/org/app'],
  ['gcr.io/*/debug', 'gcr.io/a/b/debug'],
  ['gcr.io', 'gcr.io/app'],
  ['nginx:1.2', 'nginx:1.27'],
  ['nginx:*', `nginx@${digest}`],
  ['**/test-*', 'gcr.io/a/latest-x'],
  ['docker.io/library/**', 'bitnami/redis'],
  ['gcr.io/App', 'gcr.io/app'],
])('%s does not name %s', (glob, reference) => {
  expect(imageGlob(glob).matches(parseReference(reference))).toBe(false);
});

test('many stars are no work', () => {
  const reference = parseReference(`gcr.io/${'a/'.repeat(100)}b:1`);
  expect(imageGlob(`${'**a*'.repeat(200)}c`).matches(reference)).toBe(false);
});

test.each(['', ' ', 'a b', 'a?', 'https://gcr.io/x?y', 'a'.repeat(1025), '{a,b}', 'a\n'.repeat(2)])(
  'no pattern: %j',
  (text) => {
    expect(thrown(() => imageGlob(text))).toMatchObject({ code: 'IMAGE_GLOB_INVALID', kind: 'usage' });
  },
);
