import { gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { ChartRepositories } from '../../src/chart/chart-repositories.ts';
import type { ChartLogins } from '../../src/chart/chart-repositories.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { startChartRepository } from '../support/chart-repository.ts';
import { startServer } from '../support/loopback-server.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { testHttpClient } from '../support/test-http-client.ts';

const login = { username: 'edge', password: 's3cret' };
const archive = gzipSync('an archive');
const sha256 = digestHex(digestOf(archive));

/** A client that knows the logins of these hosts. */
function repositories(hosts: readonly string[], loggedIn: readonly string[] = []) {
  const http = testHttpClient({ plainHttpHosts: new Set(hosts) });
  const logins: ChartLogins = {
    find: async ({ host }) => await Promise.resolve(loggedIn.includes(host) ? login : undefined),
  };
  const retries: string[] = [];
  const client = new ChartRepositories({
    http,
    logins,
    onRetry: ({ host }) => retries.push(host),
    retry: { sleep: async () => await Promise.resolve() },
  });
  return { client, retries };
}

function index(url: string, digest: string = sha256): string {
  return `entries:\n  thing:\n  - version: 1.0.0\n    digest: ${digest}\n    urls:\n    - ${url}\n`;
}

const thing = { name: 'thing', version: '1.0.0' };

describe('the archive is', () => {
  test.each([
    ['beside the index', 'thing-1.0.0.tgz', '/charts/thing-1.0.0.tgz'],
    ['below it', 'a/thing-1.0.0.tgz', '/charts/a/thing-1.0.0.tgz'],
    ['elsewhere on the host', '/other/thing-1.0.0.tgz', '/other/thing-1.0.0.tgz'],
  ])('%s', async (_, link, path) => {
    const { host } = await startChartRepository(
      new Map<string, string | Uint8Array>([
        ['/charts/index.yaml', index(link)],
        [path, archive],
      ]),
    );
    const { client } = repositories([host]);
    const found = await client.find(new URL(`http://${host}/charts`), thing);
    expect(found).toMatchObject({ version: '1.0.0', sha256 });
    expect(Buffer.from(await client.fetchArchive(found)).equals(archive)).toBe(true);
  });

  test('on another host, which gets no login that is not its own', async () => {
    const other = await startServer((_, response) => response.end(archive));
    const first = await startChartRepository(
      new Map([['/index.yaml', index(`http://user:pass@${other.host}/t.tgz`)]]),
      { login },
    );
    const { client } = repositories([first.host, other.host], [first.host]);
    await client.fetchArchive(await client.find(new URL(`http://${first.host}/`), thing));
    expect(first.requests[0]?.headers.authorization).toBeDefined();
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('where it is redirected to, without the login', async () => {
    const other = await startServer((_, response) => response.end(archive));
    const first = await startServer((request, response) => {
      if (request.url === '/index.yaml') response.end(index('t.tgz'));
      else response.writeHead(302, { location: `http://${other.host}/signed?x=1` }).end();
    });
    const { client } = repositories([first.host, other.host], [first.host, other.host]);
    await client.fetchArchive(await client.find(new URL(`http://${first.host}`), thing));
    expect(first.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, true]);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('what is sent, whatever the encoding is said to be', async () => {
    const { host } = await startServer((request, response) => {
      if (request.url === '/index.yaml') response.end(index('t.tgz'));
      else response.writeHead(200, { 'content-encoding': 'x-gzip' }).end(archive);
    });
    const { client } = repositories([host]);
    const found = await client.find(new URL(`http://${host}`), thing);
    expect(Buffer.from(await client.fetchArchive(found)).equals(archive)).toBe(true);
  });
});

test('the query of a repository goes with every request to it, and is not shown', async () => {
  const { host, requests } = await startServer((request, response) => {
    if (request.url === '/index.yaml?token=s3cret') response.end(index('t.tgz'));
    else response.writeHead(403).end();
  });
  const { client } = repositories([host]);
  const found = await client.find(new URL(`http://${host}/?token=s3cret`), thing);
  const error = await rejection(client.fetchArchive(found));
  expect(requests.map(({ url }) => url)).toEqual(['/index.yaml?token=s3cret', '/t.tgz?token=s3cret']);
  expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
  expect(everythingShown(error)).not.toContain('s3cret');
});

test.each(['http:', ''])(
  'the query of a repository does not go to another host, linked to with %j',
  async (scheme) => {
    const other = await startServer((_, response) => response.end(archive));
    const { host } = await startServer((_, response) =>
      response.end(index(`${scheme}//${other.host}/t.tgz?x=1`)),
    );
    const { client } = repositories([host, other.host]);
    await client.fetchArchive(await client.find(new URL(`http://${host}/?token=s3cret`), thing));
    expect(other.requests.map(({ url }) => url)).toEqual(['/t.tgz?x=1']);
  },
);

test('an index is fetched once, also when several charts are sought at a time', async () => {
  const { host, requests } = await startChartRepository(new Map([['/index.yaml', index('t.tgz')]]));
  const { client } = repositories([host]);
  const repository = new URL(`http://${host}/`);
  await Promise.all([client.find(repository, thing), client.find(repository, { ...thing, version: '' })]);
  expect(requests).toHaveLength(1);
});

test('an archive that is not what the index says is refused after a second try', async () => {
  const files = new Map<string, string | Uint8Array>([
    ['/index.yaml', index('t.tgz', 'ab'.repeat(32))],
    ['/t.tgz', archive],
  ]);
  const { host, requests } = await startChartRepository(files);
  const { client, retries } = repositories([host]);
  const found = await client.find(new URL(`http://${host}`), thing);
  const error = await rejection(client.fetchArchive(found));
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error.message).toContain(sha256);
  expect(requests.filter(({ url }) => url === '/t.tgz')).toHaveLength(2);
  expect(retries).toEqual([host]);
});

test('a server that fails at times is asked again', async () => {
  let count = 0;
  const { host } = await startServer((_, response) => {
    count += 1;
    if (count < 3) response.writeHead(503).end();
    else response.end(index('t.tgz'));
  });
  const { client, retries } = repositories([host]);
  expect(await client.find(new URL(`http://${host}`), thing)).toMatchObject({ version: '1.0.0' });
  expect(retries).toHaveLength(2);
});

describe('a provenance file', () => {
  const signed = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n';
  test.each<[string, number, string, { bytes?: Buffer; doubt?: string }]>([
    ['is taken', 200, signed, { bytes: Buffer.from(signed) }],
    ['need not be there', 404, '', {}],
    ['may be gone', 410, '', {}],
    ['may be kept from everybody, as buckets keep what they do not have', 403, '', {}],
    ['needs a login', 401, '', { doubt: 'answered with the HTTP status 401' }],
    ['is no web page', 200, '<html>', { doubt: 'is something else' }],
  ])('%s', async (...[, status, body, { bytes, doubt }]) => {
    const { host, requests } = await startServer((request, response) => {
      if (request.url === '/index.yaml') response.end(index('t.tgz'));
      else response.writeHead(status).end(body);
    });
    const { client } = repositories([host]);
    const found = await client.fetchProvenance(await client.find(new URL(`http://${host}`), thing));
    expect(found.bytes).toEqual(bytes);
    expect(found.doubt).toBe(doubt === undefined ? undefined : `http://${host}/t.tgz.prov ${doubt}`);
    expect(requests.at(-1)?.url).toBe('/t.tgz.prov');
  });
});

describe('what is not there', () => {
  test.each([
    ['a chart', { name: 'other', version: '1.0.0' }, /has no chart other/],
    ['a version', { name: 'thing', version: '^2' }, /no version "\^2"; it has 1\.0\.0/],
    ['a release', { name: 'thing', version: 'nope' }, /no version "nope"/],
  ])('%s', async (_, name, words) => {
    const { host } = await startChartRepository(new Map([['/index.yaml', index('t.tgz')]]));
    const error = await rejection(repositories([host]).client.find(new URL(`http://${host}`), name));
    expect(error).toMatchObject({ code: 'CHART_NOT_FOUND', kind: 'notFound' });
    expect(error.message).toMatch(words);
  });

  test('a repository', async () => {
    const { host } = await startChartRepository(new Map());
    const error = await rejection(repositories([host]).client.find(new URL(`http://${host}/x`), thing));
    expect(error).toMatchObject({ code: 'CHART_REPOSITORY_NOT_FOUND', kind: 'notFound' });
  });

  test('a login', async () => {
    const { host } = await startChartRepository(new Map(), { login });
    const error = await rejection(repositories([host]).client.find(new URL(`http://${host}`), thing));
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', kind: 'authentication' });
    expect(error.suggestions.join()).toContain(`"endpoint": "${host}"`);
  });

  test.each(['ftp://a.io/t.tgz', 'file:///etc/passwd', 'http://['])('the place %s', async (link) => {
    const { host } = await startChartRepository(new Map([['/index.yaml', index(JSON.stringify(link))]]));
    const error = await rejection(repositories([host]).client.find(new URL(`http://${host}`), thing));
    expect(error).toMatchObject({ code: 'CHART_NOT_FOUND' });
  });
});
