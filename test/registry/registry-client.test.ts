import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { acceptedManifestTypes, mediaTypes } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

test('every manifest request accepts all four media types', async () => {
  const { client, host, requests } = await manifestServer();
  await client.resolve(parseReference(`${host}/org/app:1`));
  await client.fetchManifest({ registry: host, repository: 'org/app' }, { tag: '1' });
  expect(requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  for (const { headers } of requests) expect(headers.accept).toBe(acceptedManifestTypes.join(', '));
});

test.each([
  ['lacks the digest', { 'docker-content-digest': undefined }],
  ['has a digest of another kind', { 'docker-content-digest': 'sha512:00' }],
  ['lacks the length', { 'content-length': undefined }],
  ['has a vague media type', { 'content-type': 'application/json; charset=utf-8' }],
])('an answer to HEAD that %s is made up for by GET', async (_, headers) => {
  const { client, host, requests, descriptor } = await manifestServer({ headHeaders: headers });
  expect(await client.resolve(parseReference(`${host}/org/app:1`))).toEqual(descriptor);
  expect(requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
});

test.each([400, 403, 404, 405])('a HEAD refused with %d is made up for by GET', async (headStatus) => {
  const { client, host, descriptor } = await manifestServer({ headStatus });
  expect(await client.resolve(parseReference(`${host}/org/app:1`))).toEqual(descriptor);
});

test('a manifest whose bytes are not its digest is asked for twice, then refused', async () => {
  const { client, host, requests } = await manifestServer();
  const digest = digestOf('another');
  const error = await rejection(client.fetchManifest({ registry: host, repository: 'org/app' }, { digest }));
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error.message).toContain(digest);
  expect(error.message).toContain(digestOf(manifest));
  expect(requests).toHaveLength(2);
});

test('a registry that names another digest than the pinned one is refused', async () => {
  const { client, host } = await manifestServer();
  const pinned = parseReference(`${host}/org/app:1@${digestOf('another')}`);
  expect(await rejection(client.resolve(pinned))).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
});

test('a manifest fetched by tag must hash to the digest the registry names', async () => {
  const { client, host } = await manifestServer({
    headers: { 'docker-content-digest': digestOf('another') },
  });
  const repository = { registry: host, repository: 'org/app' };
  expect(await rejection(client.fetchManifest(repository, { tag: '1' }))).toMatchObject({
    code: 'DIGEST_MISMATCH',
  });
});

test('a manifest of another size than its descriptor says is refused', async () => {
  const { client, host } = await manifestServer();
  const target = { digest: digestOf(manifest), size: manifest.length + 1 };
  const repository = { registry: host, repository: 'org/app' };
  expect(await rejection(client.fetchManifest(repository, target))).toMatchObject({ code: 'SIZE_MISMATCH' });
});

test('a manifest over 4 MiB is refused, and so is a blob for memory', async () => {
  const { client, host } = await manifestServer({ body: ' '.repeat(4 * 1024 * 1024 + 1) });
  const repository = { registry: host, repository: 'org/app' };
  expect(await rejection(client.fetchManifest(repository, { tag: '1' }))).toMatchObject({
    code: 'RESPONSE_TOO_LARGE',
    kind: 'content',
  });
  const large = { mediaType: mediaTypes.ociConfig, digest: digestOf('x'), size: 4 * 1024 * 1024 + 1 };
  expect(await rejection(client.fetchBlob(repository, large))).toMatchObject({ code: 'BLOB_TOO_LARGE' });
});

test.each([
  ['described in full', {}],
  ['without a digest', { 'docker-content-digest': undefined }],
])('a schema 1 manifest is refused as such when it is %s', async (_, headers) => {
  const { client, host } = await manifestServer({
    body: '{"schemaVersion":1}',
    headers: { 'content-type': mediaTypes.dockerSchema1Signed, ...headers },
  });
  expect(await rejection(client.resolve(parseReference(`${host}/org/app:1`)))).toMatchObject({
    code: 'SCHEMA1_MANIFEST',
  });
});

test('a config damaged on the way is fetched again', async () => {
  let damaged = 1;
  const { host } = await startServer((_, response) => response.end(damaged-- > 0 ? 'xx' : '{}'));
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 };
  const { client } = pullingClient();
  const bytes = await client.fetchBlob({ registry: host, repository: 'org/app' }, config);
  expect(Buffer.from(bytes).toString()).toBe('{}');
});

test('429 and 5xx are retried with the wait the server asks for, then told', async () => {
  let round = 0;
  const { host } = await startServer((_, response) => {
    round += 1;
    if (round === 1) response.writeHead(429, { 'retry-after': '3' }).end();
    else response.writeHead(500).end(JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'broken' }] }));
  });
  const { client, waits, retries } = pullingClient();
  const error = await rejection(
    client.fetchManifest({ registry: host, repository: 'org/app' }, { tag: '1' }),
  );
  expect(error).toMatchObject({ code: 'SERVER_FAILURE', kind: 'network' });
  expect(error.message).toContain('UNKNOWN: broken');
  expect(error.message).toContain('tried 5 times');
  expect(waits).toEqual([3000, 500, 1000, 2000, 4000]);
  expect(retries[0]).toMatchObject({ registry: host, subject: `${host}/org/app:1`, attempt: 1 });
});

test('a host that never answered is not tried again and again', async () => {
  const host = await unusedHost();
  const { client, waits } = pullingClient();
  const error = await rejection(client.resolve(parseReference(`${host}/org/app:1`)));
  expect(error).toMatchObject({ code: 'CONNECTION_REFUSED', kind: 'network' });
  expect(error.message).toContain(host);
  expect(waits).toEqual([]);
});

test('a limit per host bounds the requests under way', async () => {
  let underWay = 0;
  let most = 0;
  const { host } = await startServer((_, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setImmediate(() => {
      underWay -= 1;
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(manifest);
    });
  });
  const { client } = pullingClient({ concurrencyPerHost: 3 });
  const repository = { registry: host, repository: 'org/app' };
  await Promise.all(Array.from({ length: 30 }, () => client.fetchManifest(repository, { tag: '1' })));
  expect(most).toBeLessThanOrEqual(3);
  expect(most).toBeGreaterThan(1);
});

const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 },
  layers: [],
});

interface ManifestServerOptions {
  readonly body?: string;
  /** Replaced headers; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly headHeaders?: Readonly<Record<string, string | undefined>>;
  readonly headStatus?: number;
}

/** A registry with one manifest. */
async function manifestServer(options: ManifestServerOptions = {}) {
  const { body = manifest, headStatus = 200 } = options;
  const { host, requests } = await startServer((request, response) => {
    const isHead = request.method === 'HEAD';
    const headers: [string, string | undefined][] = Object.entries({
      'content-type': mediaTypes.ociManifest,
      'docker-content-digest': digestOf(body),
      'content-length': String(Buffer.byteLength(body)),
      ...options.headers,
      ...(isHead ? options.headHeaders : {}),
    });
    for (const [name, value] of headers) if (value !== undefined) response.setHeader(name, value);
    response.writeHead(isHead ? headStatus : 200).end(isHead ? undefined : body);
  });
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(body), size: body.length };
  return { ...pullingClient(), host, requests, descriptor };
}
