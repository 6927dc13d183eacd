import type { IncomingMessage, ServerResponse } from 'node:http';

import { expect, test } from 'vitest';

import { checkLogin } from '../../src/registry/login-check.ts';
import { startServer } from '../support/loopback-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const basic = `Basic ${Buffer.from('edge:s3cret').toString('base64')}`;

type Answer = (request: IncomingMessage, response: ServerResponse, origin: string) => void;

/** A registry that answers so, and a login to it. */
async function attempt(answer: Answer, password = 's3cret') {
  const server = await startServer((request, response) =>
    answer(request, response, `http://${request.headers.host}`),
  );
  const http = testHttpClient();
  const login = { http, registry: server.host, username: 'edge', password };
  return { server, login };
}

const wantsBasic: Answer = ({ headers }, response) => {
  if (headers.authorization === basic) response.end('{}');
  else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(`no: ${headers.authorization}`);
};

const wantsToken: Answer = ({ url = '', headers }, response, origin) => {
  if (url.startsWith('/token')) {
    if (headers.authorization === basic) response.end('{"token": "t0ken"}');
    else response.writeHead(401).end(JSON.stringify({ details: `who is ${headers.authorization}` }));
  } else if (headers.authorization === 'Bearer t0ken') {
    response.end('{}');
  } else {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${origin}/token",service="s"` }).end();
  }
};

test.each([
  ['Basic', wantsBasic, ['/v2/', '/v2/']],
  ['a token', wantsToken, ['/v2/', '/token?service=s', '/v2/']],
])('the right password at a registry that wants %s', async (_what, answer, urls) => {
  const { server, login } = await attempt(answer);
  expect(await checkLogin(login)).toEqual({ isChecked: true });
  expect(server.requests.map(({ url }) => url)).toEqual(urls);
});

test.each([
  ['Basic', wantsBasic],
  ['a token', wantsToken],
])('a wrong password at a registry that wants %s', async (_what, answer) => {
  const { login } = await attempt(answer, 'wr0ng');
  const error = await rejection(checkLogin(login));
  expect(error).toMatchObject({ code: 'LOGIN_REFUSED', kind: 'authentication' });
  expect(error.message).toContain('answered 401');
  expect(error.message).toContain('edge, as just given');
  expect(error.suggestions.join()).not.toContain('palette-edge login');
  const encoded = Buffer.from('edge:wr0ng').toString('base64');
  for (const secret of ['wr0ng', encoded]) expect(everythingShown(error)).not.toContain(secret);
});

test('a registry that asks nobody says nothing of the password', async () => {
  const { server, login } = await attempt((_request, response) => response.end('{}'));
  expect(await checkLogin(login)).toEqual({ isChecked: false });
  expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});

test.each<[what: string, answer: Answer, code: string, kind: string]>([
  [
    'that asks for nothing known',
    (_, response) => response.writeHead(401).end(),
    'LOGIN_UNSUPPORTED',
    'authentication',
  ],
  [
    'that wants Negotiate',
    (_, response) => response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end(),
    'LOGIN_UNSUPPORTED',
    'authentication',
  ],
  ['that has no API', (_, response) => response.writeHead(404).end(), 'NO_REGISTRY', 'notFound'],
  ['that lets nobody in', (_, response) => response.writeHead(403).end(), 'LOGIN_REFUSED', 'authentication'],
  ['that fails', (_, response) => response.writeHead(500).end('s3cret'), 'SERVER_FAILURE', 'network'],
])('a registry %s', async (...[, answer, code, kind]) => {
  const { login } = await attempt(answer);
  const error = await rejection(checkLogin(login));
  expect(error).toMatchObject({ code, kind });
  expect(everythingShown(error)).not.toContain('s3cret');
});

test('a password goes to the registry itself, not to where it redirects', async () => {
  const { server: other } = await attempt(wantsBasic);
  const { login } = await attempt((_request, response) =>
    response.writeHead(307, { location: `${other.origin}/v2/` }).end(),
  );
  expect(await rejection(checkLogin(login))).toMatchObject({ code: 'LOGIN_UNSUPPORTED' });
  expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

test('a login server of a strange scheme gets no password', async () => {
  const { login, server } = await attempt((_request, response) =>
    response.writeHead(401, { 'www-authenticate': 'Bearer realm="ftp://x.test/token"' }).end(),
  );
  expect(await rejection(checkLogin(login))).toMatchObject({ code: 'REALM_REFUSED' });
  expect(server.requests).toHaveLength(1);
});

test('an interrupted login ends', async () => {
  const controller = new AbortController();
  const { login } = await attempt(() => controller.abort(new Error('enough')));
  await expect(checkLogin({ ...login, signal: controller.signal })).rejects.toThrow('enough');
});
