import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { Credential } from '../../src/registry/credential.ts';
import { startServer } from '../support/loopback-server.ts';
import { credentialsFor, pullingClient, readAll } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';
import { manifest } from './fetch-tag.ts';
import { basic, bearer, bearerRegistry, named, sendManifest, tokenServer } from './token-server.ts';

test('a bearer login: Basic to the realm, the token to the registry', async () => {
  const login = await tokenServer();
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 'pa:ss') });
  const { descriptor } = await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(descriptor.digest).toBe(digestOf(manifest));
  const asked = new URL(login.requests[0]?.url ?? '', login.origin);
  expect(Object.fromEntries(asked.searchParams)).toEqual({
    account: 'kept',
    service: 'the registry',
    scope: 'repository:org/app:pull',
  });
  expect(login.requests[0]?.headers.authorization).toBe(basic('user', 'pa:ss'));
  expect(registry.requests.map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    'Bearer token-1',
  ]);
});

test('a challenge with an empty scope is one without', async () => {
  const login = await tokenServer();
  const challenge = `Bearer realm="${login.realm}",service="the registry",scope=""`;
  const registry = await startServer((request, response) => {
    if (request.headers.authorization !== undefined) sendManifest(request, response);
    else response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  await pullingClient().client.fetchManifest(named(registry.host), { tag: '1' });
  const asked = new URL(login.requests[0]?.url ?? '', login.origin);
  expect(asked.searchParams.get('scope')).toBe('repository:org/app:pull');
});

test('without credentials the token is asked for anonymously', async () => {
  const login = await tokenServer();
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient();
  await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(login.requests[0]?.headers.authorization).toBeUndefined();
});

test('many requests at once make one login, and later ones none', async () => {
  const login = await tokenServer();
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient({ concurrencyPerHost: 20 });
  const fetchOne = async () => await client.fetchManifest(named(registry.host), { tag: '1' });
  await Promise.all(Array.from({ length: 20 }, fetchOne));
  await fetchOne();
  expect(login.requests).toHaveLength(1);
  await client.fetchManifest({ registry: registry.host, repository: 'org/other' }, { tag: '1' });
  expect(login.requests).toHaveLength(2);
});

test('a token is renewed before it expires: 60 seconds when the server does not say', async () => {
  let now = 0;
  const login = await tokenServer({ answer: (value) => ({ access_token: value }) });
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient({ now: () => now });
  const fetchOne = async () => await client.fetchManifest(named(registry.host), { tag: '1' });
  await fetchOne();
  now = 44_000;
  await fetchOne();
  expect(login.requests).toHaveLength(1);
  now = 46_000;
  await fetchOne();
  expect(login.requests).toHaveLength(2);
  expect(registry.requests.at(-1)?.headers.authorization).toBe('Bearer token-2');
});

test('a token the registry no longer takes is renewed once, for all who use it', async () => {
  const login = await tokenServer();
  let valid = 'Bearer token-1';
  const registry = await bearerRegistry(login.realm, (authorization) => authorization === valid);
  const { client } = pullingClient();
  const fetchOne = async () => await client.fetchManifest(named(registry.host), { tag: '1' });
  await fetchOne();
  valid = 'Bearer token-2';
  await Promise.all([fetchOne(), fetchOne(), fetchOne()]);
  expect(login.requests).toHaveLength(2);
});

test('a token that expires in the middle of a blob is renewed, and the blob goes on from its last byte', async () => {
  const content = Buffer.from('0123456789'.repeat(100));
  const login = await tokenServer();
  let valid = 'Bearer token-1';
  const registry = await startServer((request, response) => {
    const { authorization, range } = request.headers;
    if (authorization !== valid) {
      response.writeHead(401, { 'www-authenticate': bearer(login.realm) }).end();
    } else if (range === undefined) {
      valid = 'Bearer token-2';
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 300), () => response.destroy());
    } else {
      const start = Number(/^bytes=(\d+)-999$/.exec(range)?.[1]);
      response.writeHead(206, { 'content-range': `bytes ${start}-999/1000` }).end(content.subarray(start));
    }
  });
  const { client } = pullingClient();
  const blob = { digest: digestOf(content), size: content.length };
  const read = await readAll(await client.blobs(named(registry.host)).open(blob));
  expect(read.equals(content)).toBe(true);
  expect(login.requests).toHaveLength(2);
  expect(registry.requests.map(({ headers }) => [headers.authorization, headers.range])).toEqual([
    [undefined, undefined],
    ['Bearer token-1', undefined],
    ['Bearer token-1', 'bytes=300-999'],
    ['Bearer token-2', 'bytes=300-999'],
  ]);
});

test('32 requests at once make one login for each repository, each for one scope', async () => {
  const login = await tokenServer();
  const registry = await startServer((request, response) => {
    const repository = /^\/v2\/(.*)\/manifests\//.exec(request.url ?? '')?.[1];
    const challenge = `Bearer realm="${login.realm}",service="s",scope="repository:${repository}:pull"`;
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    else sendManifest(request, response);
  });
  const { client } = pullingClient({ concurrencyPerHost: 32 });
  const fetchOne = async (_: unknown, index: number) =>
    await client.fetchManifest({ registry: registry.host, repository: `org/app${index % 4}` }, { tag: '1' });
  await Promise.all(Array.from({ length: 32 }, fetchOne));
  const scopes = login.requests.flatMap(({ url }) => new URL(url, login.origin).searchParams.getAll('scope'));
  expect(login.requests).toHaveLength(4);
  expect(scopes).toHaveLength(4);
  expect(new Set(scopes)).toEqual(new Set([0, 1, 2, 3].map((index) => `repository:org/app${index}:pull`)));
});

test('a registry whose clock is wrong, and takes no token, is asked with one and no more', async () => {
  const login = await tokenServer({ answer: () => ({ token: 'always-the-same', expires_in: 3600 }) });
  const registry = await bearerRegistry(login.realm, () => false);
  const { client } = pullingClient();
  const error = await rejection(client.fetchManifest(named(registry.host), { tag: '1' }));
  expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
  expect(registry.requests).toHaveLength(2);
  expect(login.requests).toHaveLength(1);
  await rejection(client.fetchManifest(named(registry.host), { tag: '1' }));
  expect(login.requests).toHaveLength(2);
});

test.each([
  ['no token but an access_token', { token: null, access_token: 'access' }, 'access'],
  ['an empty token and an access_token', { token: '', access_token: 'access' }, 'access'],
  ['both', { token: 'token', access_token: 'access' }, 'token'],
])('a login answer with %s is understood', async (_, answer, used) => {
  const login = await tokenServer({ answer: () => answer });
  const registry = await bearerRegistry(login.realm);
  await pullingClient().client.fetchManifest(named(registry.host), { tag: '1' });
  expect(registry.requests.at(-1)?.headers.authorization).toBe(`Bearer ${used}`);
});

test.each([
  ['in one header', (realm: string) => `Basic realm="x", ${bearer(realm)}`],
  ['in two headers', (realm: string) => ['Basic realm="x"', bearer(realm)]],
])('of two challenges %s the one for a token is met', async (_, challenges) => {
  const login = await tokenServer();
  const registry = await startServer((request, response) => {
    if (request.headers.authorization === 'Bearer token-1') sendManifest(request, response);
    else response.writeHead(401, { 'www-authenticate': challenges(login.realm) }).end();
  });
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 'pass') });
  await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(registry.requests.map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    'Bearer token-1',
  ]);
});

test('a 400 that says the token has expired renews it, once (ECR Public)', async () => {
  const login = await tokenServer();
  let valid = 'Bearer token-1';
  const registry = await startServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization === undefined)
      response.writeHead(401, { 'www-authenticate': bearer(login.realm) }).end();
    else if (authorization !== valid) response.writeHead(400).end('{"message":"Your token has Expired"}');
    else sendManifest(request, response);
  });
  const { client } = pullingClient();
  const fetchOne = async () => await client.fetchManifest(named(registry.host), { tag: '1' });
  await fetchOne();
  valid = 'Bearer token-2';
  await fetchOne();
  expect(login.requests).toHaveLength(2);
  valid = 'none';
  expect(await rejection(fetchOne())).toMatchObject({ code: 'UNEXPECTED_STATUS' });
  expect(login.requests).toHaveLength(3);
});

test('an identity token is posted', async () => {
  const login = await tokenServer();
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient({ credentials: identity() });
  await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(login.requests.map(({ method }) => method)).toEqual(['POST']);
  expect(Object.fromEntries(new URLSearchParams(login.bodies[0]))).toEqual({
    grant_type: 'refresh_token',
    client_id: 'palette-edge',
    service: 'the registry',
    scope: 'repository:org/app:pull',
    refresh_token: 's3cret',
  });
});

test.each([404, 405])('a login server that answers %d to POST is asked by GET', async (status) => {
  const login = await tokenServer({ postStatus: status });
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient({ credentials: identity() });
  await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(login.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
  expect(login.requests[1]?.headers.authorization).toBe(basic('<token>', 's3cret'));
});

test('Basic registries get the credentials themselves, remembered after the first refusal', async () => {
  const registry = await startServer((request, response) => {
    if (request.headers.authorization === basic('user', 'pass')) sendManifest(request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 'pass') });
  await client.fetchManifest(named(registry.host), { tag: '1' });
  await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(registry.requests).toHaveLength(3);
});

test('a challenge that is missing is looked for at the root of the API', async () => {
  const login = await tokenServer();
  const registry = await startServer((request, response) => {
    if (request.headers.authorization !== undefined) sendManifest(request, response);
    else if (request.url === '/v2/')
      response.writeHead(401, { 'www-authenticate': bearer(login.realm) }).end();
    else response.writeHead(401).end();
  });
  const { client } = pullingClient({ concurrencyPerHost: 20 });
  const repositories = Array.from({ length: 20 }, (_, index) => `org/app${index}`);
  await Promise.all(
    repositories.map(async (repository) => {
      await client.fetchManifest({ registry: registry.host, repository }, { tag: '1' });
    }),
  );
  expect(registry.requests.filter(({ url }) => url === '/v2/')).toHaveLength(1);
  // The root's own scope is an example (GHCR): of each repository its own is asked for.
  const scopes = login.requests.map(({ url }) => new URL(url, login.origin).searchParams.get('scope'));
  expect(scopes).toHaveLength(20);
  expect(new Set(scopes)).toEqual(new Set(repositories.map((name) => `repository:${name}:pull`)));
});

test.each([429, 503])('a root that answers %d is asked again', async (status) => {
  let failures = 1;
  const registry = await startServer((request, response) => {
    if (request.headers.authorization !== undefined) sendManifest(request, response);
    else if (request.url !== '/v2/') response.writeHead(401).end();
    else if (failures-- > 0) response.writeHead(status).end();
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 'pass') });
  const { descriptor } = await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(descriptor.digest).toBe(digestOf(manifest));
  expect(registry.requests.filter(({ url }) => url === '/v2/')).toHaveLength(2);
});

test('a login outlives the request that began it', async () => {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const login = await tokenServer({
    refuse: (_, pass) => {
      arrived.resolve();
      void answer.promise.then(pass);
    },
  });
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient();
  const reason = new Error('interrupted');
  const controller = new AbortController();
  const first = client.fetchManifest(named(registry.host), { tag: '1' }, controller.signal);
  await arrived.promise;
  const second = client.fetchManifest(named(registry.host), { tag: '1' });
  controller.abort(reason);
  await expect(first).rejects.toBe(reason);
  answer.resolve();
  expect((await second).descriptor.digest).toBe(digestOf(manifest));
  expect(login.requests).toHaveLength(1);
});

function identity() {
  const credential: Credential = { identityToken: 's3cret', origin: 'the test' };
  return { find: () => Promise.resolve(credential) };
}
