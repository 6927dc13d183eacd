import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { errorCodes, runningRegistry, uploadBlob } from '../support/running-registry.ts';

const digest = digestOf('x');

test.each(['/v2/', '/v2', '/v2/?n=1'])('%s says that this is a registry', async (path) => {
  const registry = await runningRegistry();
  const response = await registry.send(path);
  expect([response.status, await response.json()]).toEqual([200, {}]);
  expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  expect((await registry.send(path, { method: 'HEAD' })).status).toBe(200);
});

test.each([
  '/',
  '/v1/',
  '/v2/org/app',
  '/v2/org/app/tags',
  '/v2/org/app/manifests/',
  '/v2/tags/list',
  '/v22/',
])('there is nothing at %s', async (path) => {
  const registry = await runningRegistry();
  const response = await registry.send(path);
  expect(response.status).toBe(404);
  expect(await errorCodes(response)).toEqual(['UNSUPPORTED']);
});

describe('names', () => {
  test.each([
    'Org/app',
    'org//app',
    'org/-app',
    'org/app%00',
    'org/a___b',
    'org%5Capp',
    'a'.repeat(256),
    'ü',
  ])('%s is no repository', async (name) => {
    const registry = await runningRegistry();
    for (const [method, rest] of [
      ['GET', 'tags/list'],
      ['GET', 'manifests/latest'],
      ['GET', `blobs/${digest}`],
      ['GET', `referrers/${digest}`],
      ['POST', 'blobs/uploads/'],
      ['PUT', 'manifests/latest'],
    ] as const) {
      const response = await registry.send(`/v2/${name}/${rest}`, { method });
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(['NAME_INVALID']);
    }
  });

  test.each(['a', '0', 'a/b/c/d', 'a__b/c.d/e---f', 'a'.repeat(255), 'blobs/uploads', 'x/manifests/y', 'v2'])(
    '%s is one',
    async (name) => {
      const registry = await runningRegistry();
      const blob = await uploadBlob(registry, 'text', name);
      expect(await (await registry.send(`/v2/${name}/blobs/${blob.digest}`)).text()).toBe('text');
      const tags = await registry.send(`/v2/${name}/tags/list`);
      expect(await tags.json()).toEqual({ name, tags: [] });
    },
  );

  test('a path that is not well encoded is refused', async () => {
    const registry = await runningRegistry();
    const response = await registry.send('/v2/org/app%E0%A4/tags/list');
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['NAME_INVALID']);
  });
});

describe('methods', () => {
  test.each([
    ['POST', '/v2/', 'GET, HEAD'],
    ['DELETE', '/v2/_catalog', 'GET, HEAD'],
    ['PUT', '/v2/org/app/tags/list', 'GET, HEAD'],
    ['POST', '/v2/org/app/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    ['PATCH', `/v2/org/app/blobs/${digest}`, 'GET, HEAD, DELETE'],
    ['GET', '/v2/org/app/blobs/uploads/', 'POST'],
    ['POST', '/v2/org/app/blobs/uploads/x', 'GET, PATCH, PUT, DELETE'],
    ['OPTIONS', `/v2/org/app/referrers/${digest}`, 'GET, HEAD'],
  ])('%s %s is not allowed', async (method, path, allowed) => {
    const registry = await runningRegistry();
    const response = await registry.send(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allowed);
    expect(await errorCodes(response)).toEqual(['UNSUPPORTED']);
  });
});

describe('a registry that is read-only', () => {
  test.each([
    ['PUT', '/v2/org/app/manifests/latest'],
    ['DELETE', '/v2/org/app/manifests/latest'],
    ['POST', '/v2/org/app/blobs/uploads/'],
    ['POST', `/v2/org/app/blobs/uploads/?mount=${digest}&from=org/app`],
    ['PATCH', '/v2/org/app/blobs/uploads/x'],
    ['PUT', `/v2/org/app/blobs/uploads/x?digest=${digest}`],
    ['DELETE', '/v2/org/app/blobs/uploads/x'],
    ['DELETE', `/v2/org/app/blobs/${digest}`],
  ])('refuses %s %s', async (method, path) => {
    const { send } = await readOnly();
    const response = await send(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).not.toContain(method);
    expect(await errorCodes(response)).toEqual(['UNSUPPORTED']);
  });

  test('serves what it has', async () => {
    const { send, blob } = await readOnly();
    expect(await (await send(`/v2/org/app/blobs/${blob.digest}`)).text()).toBe('text');
  });
});

async function readOnly() {
  const { content, ...writable } = await runningRegistry();
  const blob = await uploadBlob(writable, 'text');
  const { send } = await runningRegistry({
    content: { blobs: content.blobs, repositories: content.repositories },
  });
  return { send, blob };
}
