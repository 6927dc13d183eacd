import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createCredentialSource } from '../../src/registry/credentials.ts';
import { logIn } from '../../src/workflows/log-in.ts';
import { logOut } from '../../src/workflows/log-out.ts';
import { startServer } from '../support/loopback-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const { signal } = new AbortController();

/** A registry with one user, and a home folder without any login. */
async function scene() {
  const expected = `Basic ${Buffer.from('edge:s3cret').toString('base64')}`;
  const server = await startServer(({ headers }, response) => {
    response.writeHead(headers.authorization === expected ? 200 : 401, {
      'www-authenticate': 'Basic realm="x"',
    });
    response.end();
  });
  const http = testHttpClient();
  const homeFolder = await temporaryFolder();
  const path = join(homeFolder, '.docker', 'config.json');
  const store = { path, environment: {} };
  const credentials = () => createCredentialSource({ environment: {}, homeFolder });
  return { server, http, path, store, credentials, registry: server.host, homeFolder };
}

test('the right password is kept, and a logout forgets it', async () => {
  const { http, store, path, credentials, registry } = await scene();
  const result = await logIn({ registry, username: 'edge', password: 's3cret' }, { http, store }, signal);
  expect(result).toEqual({ registry, username: 'edge', isChecked: true, path, helper: null });
  expect(await credentials().find(registry, 'app')).toMatchObject({ username: 'edge', password: 's3cret' });

  const loggedOut = await logOut(`http://${registry}/`, { store, credentials: credentials() }, signal);
  expect(loggedOut).toEqual({ registry, wasLoggedIn: true, path, remaining: null });
  expect(await credentials().find(registry, 'app')).toBeUndefined();
});

test('a wrong password is not kept, and what was kept before stays', async () => {
  const { http, store, path, registry } = await scene();
  const login = { registry, username: 'edge', password: 'wr0ng' };
  const error = await rejection(logIn(login, { http, store }, signal));
  expect(error).toMatchObject({ code: 'LOGIN_REFUSED', kind: 'authentication' });
  expect(everythingShown(error)).not.toContain('wr0ng');
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});

test.each([
  ['an empty user name', { username: '', password: 'x' }],
  ['a user name with a colon', { username: 'a:b', password: 'x' }],
  ['a user name with a line break', { username: 'a\nb', password: 'x' }],
  ['an empty password', { username: 'a', password: '' }],
])('%s asks no registry', async (_what, login) => {
  const { http, store, registry, server } = await scene();
  expect(await rejection(logIn({ registry, ...login }, { http, store }, signal))).toMatchObject({
    code: 'LOGIN_INVALID',
    kind: 'usage',
  });
  expect(server.requests).toEqual([]);
});

test('a logout of nobody says so, and where builds find credentials all the same', async () => {
  const { http, store, credentials, registry, path, homeFolder } = await scene();
  const nobody = await logOut(registry, { store, credentials: credentials() }, signal);
  expect(nobody).toEqual({ registry, wasLoggedIn: false, path, remaining: null });

  await logIn({ registry, username: 'edge', password: 's3cret' }, { http, store }, signal);
  const elsewhere = { path: join(homeFolder, 'other.json'), environment: {} };
  expect(await logOut(registry, { store: elsewhere, credentials: credentials() }, signal)).toEqual({
    registry,
    wasLoggedIn: false,
    path: elsewhere.path,
    remaining: `the Docker config ${path}`,
  });
});
