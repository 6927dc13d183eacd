import { expect, onTestFinished, test } from 'vitest';

import { Authenticator } from '../../src/registry/authenticator.ts';
import { fetchToken } from '../../src/registry/token-flow.ts';
import { startServer } from '../support/loopback-server.ts';
import { credentialsFor, pullingClient } from '../support/pulling-client.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { basic, bearer, bearerRegistry, named, tokenServer } from './token-server.ts';

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
