import type { RequestListener } from 'node:http';

import { expect, onTestFinished, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { Authenticator } from '../../src/registry/authenticator.ts';
import type { Credential } from '../../src/registry/credential.ts';
import { fetchToken } from '../../src/registry/token-flow.ts';
import { startServer } from '../support/loopback-server.ts';
import { credentialsFor, pullingClient, readAll } from '../support/pulling-client.ts';
import { everythingShown, rejection } from '../support/rejection.ts';

const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 },
  layers: [],
});

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

test('a wrong password is told with its origin, asked once, and shown nowhere', async () => {
  const login = await tokenServer({
    refuse: (response) =>
      response.writeHead(401).end(JSON.stringify({ details: 'no: s3cret-pass\u001B[2J' })),
  });
  const registry = await bearerRegistry(login.realm);
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 's3cret-pass') });
  const fetchOne = async () => await rejection(client.fetchManifest(named(registry.host), { tag: '1' }));
  const errors = [...(await Promise.all([fetchOne(), fetchOne(), fetchOne()])), await fetchOne()];
  expect(login.requests).toHaveLength(1);
  for (const error of errors) {
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
    expect(error.message).toContain('the credentials are those of the test');
    expect(error.message).toContain('no: ***');
    expect(error.suggestions.join()).toContain(`palette-edge login ${registry.host}`);
    expect(everythingShown(error)).not.toContain('s3cret');
    expect(error.message).not.toContain('\u001B');
  }
});

test.each([
  [401, 1],
  [403, 5],
])('a password that a login server answers %d is tried %d times for five repositories', async (...row) => {
  const [status, tries] = row;
  const login = await tokenServer({ refuse: (response) => response.writeHead(status).end() });
  const registry = await startServer((request, response) => {
    const repository = /^\/v2\/(.*)\/manifests\//.exec(request.url ?? '')?.[1];
    const challenge = `Bearer realm="${login.realm}",service="s",scope="repository:${repository}:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 'wrong') });
  const names = Array.from({ length: 5 }, (_, index) => `org/app${index}`);
  const errors = await Promise.all(
    names.map(
      async (repository) =>
        await rejection(client.fetchManifest({ registry: registry.host, repository }, { tag: '1' })),
    ),
  );
  expect(login.requests).toHaveLength(tries);
  for (const [index, error] of errors.entries()) {
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
    expect(error.message).toContain(`for repository:${names[index]}:pull`);
  }
});

test('what one root of the API gave is not shown to another one that has the same names', async () => {
  const { http } = pullingClient();
  const authenticator = new Authenticator({ http, credentials: credentialsFor('a.test:81', 'user', 'pass') });
  const place = (apiRoot: string) => ({
    ...named('a.test:81'),
    mirror: { namespace: 'b.test', apiRoot },
  });
  await authenticator.renew(place('https://a.test:81/v2'), undefined, { header: 'Basic realm="x"' });
  expect(await authenticator.current(place('https://a.test:81/v2'))).toMatchObject({
    header: basic('user', 'pass'),
  });
  expect(await authenticator.current(place('http://a.test:81/v2'))).toBeUndefined();
});

test('a login server that sends us elsewhere is not quoted, and its 401 says nothing of the password', async () => {
  const elsewhere = await startServer((_, response) =>
    response.writeHead(401).end('{"details": "signed link"}'),
  );
  const login = await startServer((_, response) =>
    response.writeHead(302, { location: elsewhere.origin }).end(),
  );
  const registry = await bearerRegistry(`${login.origin}/token`, () => false);
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 'pass') });
  for (const repository of ['org/a', 'org/b']) {
    const name = { registry: registry.host, repository };
    const error = await rejection(client.fetchManifest(name, { tag: '1' }));
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(everythingShown(error)).not.toContain('signed link');
  }
  expect(login.requests).toHaveLength(2);
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

test('a login that fails after all who wanted it have given up is nobody’s failure', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const { http } = pullingClient();
  const asked = Promise.withResolvers<undefined>();
  const authenticator = new Authenticator({ http, credentials: { find: async () => await asked.promise } });
  const reason = new Error('interrupted');
  const renewal = authenticator.renew(named('a.test'), undefined, {
    header: 'Basic realm="x"',
    signal: AbortSignal.abort(reason),
  });
  await expect(renewal).rejects.toBe(reason);
  asked.reject(new Error('no such file'));
  // Node tells of unhandled ones after the microtasks of this turn.
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});

test('what a registry asks for after a redirect to another origin and back is not given', async () => {
  const registry = await startServer(({ url }, response) => {
    if (url === '/blob') response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else response.writeHead(302, { location: `${away.origin}/` }).end();
  });
  const away = await startServer((_, response) =>
    response.writeHead(302, { location: `${registry.origin}/blob` }).end(),
  );
  const { client } = pullingClient({ credentials: credentialsFor(registry.host, 'user', 's3cret') });
  const error = await rejection(client.fetchManifest(named(registry.host), { tag: '1' }));
  expect(error).toMatchObject({ code: 'STORAGE_REFUSED', kind: 'network' });
  for (const { headers } of registry.requests) expect(headers.authorization).toBeUndefined();
});

test('a login that is refused without credentials says that none were found', async () => {
  const registry = await startServer((_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  const error = await rejection(pullingClient().client.fetchManifest(named(registry.host), { tag: '1' }));
  expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
  expect(error.message).toContain(`no credentials for ${registry.host} were found`);
  expect(error.suggestions.join()).toContain('--cred-file-path');
});

test('a token that is refused ends with the registry’s own words, and the token in none of them', async () => {
  const login = await tokenServer();
  const registry = await startServer((request, response) => {
    const words = `denied for ${request.headers.authorization}`;
    response
      .writeHead(401, { 'www-authenticate': bearer(login.realm) })
      .end(JSON.stringify({ errors: [{ code: 'DENIED', message: words }] }));
  });
  const { client } = pullingClient();
  const error = await rejection(client.fetchManifest(named(registry.host), { tag: '1' }));
  expect(error.kind).toBe('authentication');
  expect(error.message).toContain('DENIED: denied for Bearer ***');
  expect(everythingShown(error)).not.toContain('token-1');
});

test('a failing login server is a network failure, and retried', async () => {
  let failures = 2;
  const login = await tokenServer({
    refuse: (response, pass) => (failures-- > 0 ? response.writeHead(503).end() : pass()),
  });
  const registry = await bearerRegistry(login.realm);
  const { client, waits } = pullingClient();
  await client.fetchManifest(named(registry.host), { tag: '1' });
  expect(waits).toEqual([500, 1000]);
});

test.each([
  ['is no JSON', 'nonsense s3cret'],
  ['has no token', '{"refresh":"s3cret"}'],
  ['has a token that would break the header', JSON.stringify({ token: 's3cret\r\nX-Evil: 1' })],
  ['is endless', JSON.stringify({ token: 's3cret'.repeat(30_000) })],
])('a login answer that %s is refused', async (_, body) => {
  const login = await startServer((_request, response) => response.end(body));
  const registry = await bearerRegistry(`${login.origin}/token`);
  const error = await rejection(pullingClient().client.fetchManifest(named(registry.host), { tag: '1' }));
  expect(['TOKEN_INVALID', 'RESPONSE_TOO_LARGE']).toContain(error.code);
  expect(everythingShown(error)).not.toContain('s3cret');
});

test.each(['http://evil.test/token', 'ftp://evil.test/', 'no url', ''])(
  'an HTTPS registry cannot send credentials to %s',
  async (realm) => {
    const { http } = pullingClient();
    const credential = { username: 'user', password: 's3cret', origin: 'the test' };
    const request = { http, registry: 'good.test', isPlainHttp: false, realm, service: 's', scope: 'x' };
    const error = await rejection(fetchToken({ ...request, credential }));
    expect(error).toMatchObject({ code: 'REALM_REFUSED', kind: 'authentication' });
    expect(everythingShown(error)).not.toContain('s3cret');
  },
);

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

interface TokenServerOptions {
  readonly answer?: (value: string) => object;
  readonly postStatus?: number;
  readonly refuse?: (response: Parameters<RequestListener>[1], pass: () => void) => void;
}

/** Hands out `token-1`, `token-2`, …. */
async function tokenServer(options: TokenServerOptions = {}) {
  const { answer = (value: string) => ({ token: value, expires_in: 300 }), postStatus, refuse } = options;
  const bodies: string[] = [];
  let count = 0;
  const server = await startServer((request, response) => {
    const pass = (): void => {
      count += 1;
      response.end(JSON.stringify(answer(`token-${count}`)));
    };
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      if (request.method === 'POST' && postStatus !== undefined) response.writeHead(postStatus).end();
      else if (refuse === undefined) pass();
      else refuse(response, pass);
    });
  });
  return { ...server, bodies, realm: `${server.origin}/token?account=kept` };
}

async function bearerRegistry(realm: string, isValid = (authorization: string) => authorization !== '') {
  return await startServer((request, response) => {
    if (isValid(request.headers.authorization ?? '')) sendManifest(request, response);
    else response.writeHead(401, { 'www-authenticate': bearer(realm) }).end();
  });
}

const sendManifest: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(manifest);
};

function bearer(realm: string): string {
  return `Bearer realm="${realm}",service="the registry",scope="repository:org/app:pull"`;
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function identity() {
  const credential: Credential = { identityToken: 's3cret', origin: 'the test' };
  return { find: () => Promise.resolve(credential) };
}

function named(registry: string) {
  return { registry, repository: 'org/app' };
}
