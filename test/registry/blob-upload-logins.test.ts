import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { startServer } from '../support/loopback-server.ts';
import { pushingClient } from '../support/pushing-client.ts';
import { startUploadServer } from '../support/upload-server.ts';
import { blob, content, open, upload } from './upload.ts';

describe('logins', () => {
  const credential = { username: 'edge', password: 's3cret', origin: 'test' };

  /** Tokens are good for the scopes that they were asked for. */
  async function tokenRegistry() {
    const login = await startServer((request, response) => {
      const scope = new URL(request.url ?? '', 'http://login').searchParams.get('scope') ?? '';
      const token = Buffer.from(scope).toString('base64url');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
    });
    const challenge = `Bearer realm="${login.origin}/token",service="x",scope="repository:org/app:pull"`;
    const granted = (header = '') => Buffer.from(header.replace('Bearer ', ''), 'base64url').toString();
    return { login, challenge, granted };
  }

  test('one token is asked for that is good for pushing, though the challenge of a read names pull', async () => {
    const { login, challenge, granted } = await tokenRegistry();
    const server = await startUploadServer({
      behave: ({ request, response, serve }) => {
        request.resume();
        if (granted(request.headers.authorization).includes('pull,push')) serve();
        else response.writeHead(401, { 'www-authenticate': challenge }).end();
      },
    });
    const { pusher } = pushingClient({ credential });
    const repository = { registry: server.host, repository: 'org/app' };
    expect(await pusher.hasBlob(repository, blob)).toBe(false);
    await pusher.pushBlob({ repository, blob, open });
    expect(login.requests).toHaveLength(1);
  });

  test('to mount, the token has to be good for the other repository, too', async () => {
    const { login, challenge, granted } = await tokenRegistry();
    const server = await startUploadServer({
      behave: ({ request, response, serve }) => {
        const scopes = granted(request.headers.authorization);
        const isMount = request.url?.includes('mount=') === true;
        const isAllowed =
          scopes.includes('org/app:pull,push') && (!isMount || scopes.includes('org/base:pull'));
        if (isAllowed) serve();
        else response.writeHead(401, { 'www-authenticate': challenge }).end();
      },
    });
    server.blobs.set(blob.digest, content);
    const { pusher } = pushingClient({ credential });
    const repository = { registry: server.host, repository: 'org/app' };
    await pusher.hasBlob(repository, { ...blob, digest: digestOf('none') });
    expect(await pusher.pushBlob({ repository, blob, mountFrom: 'org/base', open })).toMatchObject({
      how: 'mounted',
    });
    expect(login.requests).toHaveLength(2);
  });

  test('a token that expires in the middle is renewed, and the body sent once more', async () => {
    const { challenge, granted } = await tokenRegistry();
    const server = await upload({
      credential,
      behave: ({ request, response, round, serve }) => {
        const isExpired = request.method === 'PUT' && round === 1;
        if (!isExpired && granted(request.headers.authorization).includes('push')) serve();
        else {
          request.resume();
          response.writeHead(401, { 'www-authenticate': challenge }).end();
        }
      },
    });
    await server.pushing;
    expect(server.blobs.get(blob.digest)?.equals(content)).toBe(true);
    expect(server.told()).toBe(content.length);
  });
});
