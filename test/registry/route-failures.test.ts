import { once } from 'node:events';
import { createServer } from 'node:http';

import { expect, onTestFinished, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import type { LoopbackServer } from '../support/loopback-server.ts';
import { credentialsFor, pullingClient } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { MemoryBlobs, addImage } from '../support/sample-images.ts';

test('a mirror that has the image is all that is asked, in its own name and with the registry as ns', async () => {
  const origin = await startServer((_request, response) => response.writeHead(500).end());
  const mirror = await registryWith('hub/org/app');
  const { client } = pullingClient({ mirrors: mirrored(origin.host, `${mirror.host}/hub`) });
  const reference = parseReference(`${origin.host}/org/app:1`);
  const resolved = await client.resolve(reference);
  expect(resolved.digest).toBe(mirror.root.digest);
  const { bytes } = await client.fetchManifest(reference, resolved);
  expect(Buffer.from(bytes)).toEqual(mirror.blobs.get(mirror.root.digest));
  expect(origin.requests).toEqual([]);
  expect(client.mirrorsOf(origin.host)).toEqual([mirror.host]);
});

test('the ns parameter goes to mirrors only', async () => {
  const origin = await startServer(notFound);
  const mirror = await startServer(notFound);
  const { client } = pullingClient({ mirrors: mirrored(`${origin.host}/org`, `${mirror.host}/copy`) });
  await rejection(client.resolve(parseReference(`${origin.host}/org/app:1`)));
  expect(mirror.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `HEAD /v2/copy/app/manifests/1?ns=${encodeURIComponent(origin.host)}`,
    `GET /v2/copy/app/manifests/1?ns=${encodeURIComponent(origin.host)}`,
  ]);
  expect(origin.requests.map(({ url }) => url)).toEqual(Array(2).fill('/v2/org/app/manifests/1'));
});

test.each<[string, () => Promise<{ readonly host: string }>]>([
  ['lacks the image', async () => await startServer(notFound)],
  ['is down', async () => ({ host: await unusedHost() })],
  ['demands a login', async () => await startServer((_request, response) => response.writeHead(401).end())],
  ['fails', async () => await startServer((_request, response) => response.writeHead(500).end())],
  [
    'sends something else under the digest',
    async () => await startServer((_request, response) => response.writeHead(200, ociManifest).end('{}')),
  ],
  ['breaks off', async () => await startServer((_request, response) => response.destroy())],
])('a mirror that %s is followed by the registry', async (_what, startMirror) => {
  const origin = await registryWith('org/app');
  const { host } = await startMirror();
  const { client } = pullingClient({ mirrors: mirrored(origin.host, host) });
  const digest = origin.root.digest;
  const tagged = parseReference(`${origin.host}/org/app:1`);
  const { bytes } = await client.fetchManifest(tagged, { digest });
  expect(Buffer.from(bytes)).toEqual(origin.blobs.get(digest));
  expect((await client.resolve(parseReference(`${origin.host}/org/app@${digest}`))).digest).toBe(digest);
  const config = await client.fetchBlob(tagged, origin.config);
  expect(Buffer.from(config)).toEqual(origin.blobs.get(origin.config.digest));
});

test('when all fail, the error is that of the registry, and tells of the mirrors behind it', async () => {
  const origin = await startServer(notFound);
  const [first, second] = [
    await unusedHost(),
    await startServer((_request, response) => response.writeHead(403).end()),
  ];
  const mirrors: Mirrors = {
    prefixes: [first, second.host].map((registry) => ({
      original: { registry: origin.host, path: '' },
      mirror: { registry, path: '' },
    })),
    registries: new Map(),
  };
  const { client } = pullingClient({ mirrors });
  const error = await rejection(client.resolve(parseReference(`${origin.host}/org/app:1`)));
  expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toMatch(
    new RegExp(
      `^${origin.host}/org/app:1 was not found: .*; mirror ${first}/org/app: .*; mirror ${second.host}/org/app: .*403`,
    ),
  );
  expect(error.suggestions).toContain(`Log in: palette-edge login ${second.host}`);
});

test('each place gets the credentials that belong to it, and the token for its own name', async () => {
  const origin = await startServer(notFound);
  const mirror = await startTokenServer();
  const { client } = pullingClient({
    mirrors: mirrored(origin.host, `${mirror.host}/hub`),
    credentials: credentialsFor(mirror.host, 'user', 'of-the-mirror'),
  });
  const error = await rejection(client.resolve(parseReference(`${origin.host}/org/app:1`)));
  expect(everythingShown(error)).not.toContain('of-the-mirror');
  const scopes = mirror.requests.filter(({ url }) => url.startsWith('/token'));
  expect(scopes.map(({ url }) => new URL(url, mirror.origin).searchParams.get('scope'))).toEqual([
    'repository:hub/org/app:pull',
  ]);
  expect(origin.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
});

test('an interruption is no failure of a mirror', async () => {
  const origin = await startServer(notFound);
  const interrupt = new AbortController();
  const mirror = await startServer(() => interrupt.abort(new Error('interrupted')));
  const { client } = pullingClient({ mirrors: mirrored(origin.host, mirror.host) });
  const reference = parseReference(`${origin.host}/org/app:1`);
  await expect(client.resolve(reference, interrupt.signal)).rejects.toThrow('interrupted');
  expect(origin.requests).toEqual([]);
});

test('a mirror on IPv6', async () => {
  const origin = await startServer(notFound);
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.host);
    response.writeHead(404).end();
  });
  server.listen(0, '::1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  const mirror = `[::1]:${address.port}`;
  const { client } = pullingClient({
    mirrors: mirrored(origin.host, `${mirror}/hub`),
    http: { plainHttpHosts: new Set(['[::1]', '127.0.0.1']) },
  });
  const error = await rejection(client.resolve(parseReference(`${origin.host}/org/app:1`)));
  expect(error.message).toContain(`mirror ${mirror}/hub/org/app: `);
  expect(seen).toEqual([mirror, mirror]);
});

test('an API below a path of its own is asked there', async () => {
  const mirror = await startServer(() => undefined);
  const registries = new Map([
    [
      'quay.io',
      {
        endpoints: [{ registry: mirror.host, path: '', apiRoot: `${mirror.origin}/api/docker` }],
        rewrites: [],
      },
    ],
  ]);
  const origin = { registry: 'quay.io', repository: 'org/app' };
  const { client } = pullingClient({ mirrors: { prefixes: [], registries } });
  const interrupt = new AbortController();
  const asked = client.fetchManifest(origin, { digest: digestOf('x') }, interrupt.signal);
  await expect.poll(() => mirror.requests.length).toBe(1);
  interrupt.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  expect(mirror.requests[0]?.url).toBe(`/api/docker/org/app/manifests/${digestOf('x')}?ns=quay.io`);
});

const ociManifest = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };

function notFound(...[, response]: Parameters<Parameters<typeof startServer>[0]>): void {
  response.writeHead(404).end();
}

async function startTokenServer(): Promise<LoopbackServer> {
  return await startServer((request, response) => {
    if (request.url?.startsWith('/token') === true) response.end(JSON.stringify({ token: 'a-token' }));
    else if (request.headers.authorization === undefined) {
      const realm = `http://${request.headers.host}/token`;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="mirror"` }).end();
    } else response.writeHead(404).end();
  });
}

/** A registry of our own with one image under the tag 1. */
async function registryWith(repository: string) {
  const registry = await runningRegistry();
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, 'content');
  await pushImage({ origin: registry.origin, repository }, blobs, { root, tag: '1' });
  const { config } = JSON.parse(blobs.get(root.digest).toString());
  return { host: registry.host, records: registry.records, blobs, root, config };
}

/** Everything of a registry, or of a part of it, at a mirror. */
function mirrored(original: string, mirror: string): Mirrors {
  const [from = '', ...below] = original.split('/');
  const [to = '', ...path] = mirror.split('/');
  return {
    prefixes: [
      {
        original: { registry: from, path: below.join('/') },
        mirror: { registry: to, path: path.join('/') },
      },
    ],
    registries: new Map(),
  };
}
