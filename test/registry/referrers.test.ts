import type { RequestListener } from 'node:http';

import { expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { maximumReferrers } from '../../src/registry/referrers.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

const subject = digestOf('subject');
const path = `/v2/org/app/referrers/${subject}`;

function referrer(name: string): Descriptor {
  return { mediaType: mediaTypes.ociManifest, digest: digestOf(name), size: name.length };
}

function indexOf(names: readonly string[]): string {
  const manifests = names.map(referrer);
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

async function serve(listener: RequestListener) {
  const server = await startServer(listener);
  const { client, retries } = pullingClient();
  return { ...server, client, retries, repository: { registry: server.host, repository: 'org/app' } };
}

/** Asks a server for the referrers of {@link subject}. */
async function ask(listener: RequestListener) {
  const served = await serve(listener);
  return { ...served, listed: served.client.listReferrers(served.repository, subject) };
}

function answer(body: string, headers: Record<string, string> = {}): RequestListener {
  return (_, response) =>
    response.writeHead(200, { 'content-type': mediaTypes.ociIndex, ...headers }).end(body);
}

test('referrers are those of the answer', async () => {
  const { listed, requests } = await ask(answer(indexOf(['one', 'two'])));
  expect(await listed).toMatchObject({ manifests: [referrer('one'), referrer('two')], isCut: false });
  expect(requests.map(({ url, headers }) => [url, headers.accept])).toEqual([[path, mediaTypes.ociIndex]]);
});

test('that there are none is an answer', async () => {
  const { listed } = await ask(answer(indexOf([])));
  expect(await listed).toEqual({ manifests: [], isCut: false });
});

test.each([400, 404, 405, 406, 410, 415, 501])(
  'a registry that answers %i does not have the API, and is asked once',
  async (status) => {
    const { listed, requests } = await ask((_, response) => response.writeHead(status).end('{}'));
    expect(await listed).toBeUndefined();
    expect(requests).toHaveLength(1);
  },
);

test.each([
  ['a web page', '<!doctype html>'],
  ['an image manifest', '{"schemaVersion":2,"layers":[]}'],
  ['a list', '[]'],
  ['nothing', ''],
])('a registry that answers with %s does not have the API', async (_, body) => {
  const { listed } = await ask(answer(body, { 'content-type': 'text/html' }));
  expect(await listed).toBeUndefined();
});

test.each([404, 429, 500])(
  'a registry that leads to a page elsewhere, which answers %i, does not have the API',
  async (status) => {
    const page = await startServer((_, response) => response.writeHead(status).end());
    const location = `${page.origin}/-/packages/org%2Fapp%2Freferrers%2Fsha256`;
    const { listed, retries } = await ask((_, response) => response.writeHead(303, { location }).end());
    expect(await listed).toBeUndefined();
    expect(retries).toEqual([]);
    expect(page.requests).toHaveLength(1);
  },
);

test('a registry that leads to the same API elsewhere has it', async () => {
  const other = await startServer(answer(indexOf(['one'])));
  const location = `${other.origin}/v2/moved/app/referrers/${subject.replace(':', '%3A')}`;
  const { listed } = await ask((_, response) => response.writeHead(307, { location }).end());
  expect((await listed)?.manifests).toHaveLength(1);
});

test.each([
  ['relative', (_host: string) => `${path}?n=1&last=one`],
  ['absolute', (host: string) => `http://${host}${path}?n=1&last=one`],
  ['to another host, which is not asked', (_host: string) => `http://192.0.2.1/other?n=1&last=one`],
])('pages are followed by links: %s', async (_, linkOf) => {
  const { listed, requests } = await ask(({ url, headers }, response) => {
    if (url?.endsWith('last=one') === true) response.writeHead(200).end(indexOf(['two', 'one']));
    else
      response.writeHead(200, { link: `<${linkOf(headers.host ?? '')}>; rel="next"` }).end(indexOf(['one']));
  });
  expect((await listed)?.manifests.map(({ digest }) => digest)).toEqual([digestOf('one'), digestOf('two')]);
  expect(requests.map(({ url }) => url)).toEqual([path, `${path}?n=1&last=one`]);
});

test.each([
  ['to itself', `<${path}?last=one>; rel="next"`],
  ['to no other page', `<${path}>; rel="next"`],
])('a link %s ends in an error, not in a circle', async (_, link) => {
  const { listed } = await ask((_request, response) =>
    response.writeHead(200, { link }).end(indexOf(['one'])),
  );
  expect(await rejection(listed)).toMatchObject({ code: 'REFERRERS_INVALID', kind: 'content' });
});

test('empty pages without end are not followed for ever', async () => {
  let page = 0;
  const { listed, requests } = await ask((_, response) => {
    page += 1;
    response.writeHead(200, { link: `<${path}?page=${page}>; rel="next"` }).end(indexOf([]));
  });
  expect(await listed).toEqual({ manifests: [], isCut: true });
  expect(requests).toHaveLength(200);
});

test('no more are read than anybody has', async () => {
  const names = Array.from({ length: maximumReferrers + 1 }, (_, position) => String(position));
  const { listed } = await ask(answer(indexOf(names)));
  const { manifests, isCut } = (await listed) ?? {};
  expect(manifests).toHaveLength(maximumReferrers);
  expect(isCut).toBe(true);
});

test.each<[string, RequestListener, object]>([
  ['403', (_, response) => response.writeHead(403).end(), { code: 'ACCESS_DENIED' }],
  ['500 again and again', (_, response) => response.writeHead(500).end(), { code: 'SERVER_FAILURE' }],
  [
    'a digest that is no sha256',
    answer(indexOf(['one']).replace(/sha256:[0-9a-f]+/, `sha512:${'a'.repeat(128)}`)),
    { code: 'DIGEST_UNSUPPORTED' },
  ],
])(
  '%s leaves the question open, and the error says whose referrers they are',
  async (_, listener, expected) => {
    const { listed, host } = await ask(listener);
    const error = await rejection(listed);
    expect(error).toMatchObject(expected);
    expect(error.message).toContain(`referrers of ${host}/org/app@${subject}`);
  },
);

test('an answer of more than 4 MiB is not read', async () => {
  const { listed } = await ask(answer(' '.repeat(4 * 1024 * 1024 + 1)));
  expect(await rejection(listed)).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test('a tag that is there is found with HEAD alone', async () => {
  const body = indexOf([]);
  const { client, repository, requests } = await serve(
    answer(body, { 'docker-content-digest': digestOf(body), 'content-length': String(body.length) }),
  );
  expect(await client.findTag(repository, 'sha256-x.sig')).toEqual({
    mediaType: mediaTypes.ociIndex,
    digest: digestOf(body),
    size: body.length,
  });
  expect(requests.map(({ method }) => method)).toEqual(['HEAD']);
});

test('a tag that is not there costs one HEAD', async () => {
  const { client, repository, requests } = await serve((_, response) => response.writeHead(404).end());
  expect(await client.findTag(repository, 'sha256-x.sig')).toBeUndefined();
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'HEAD /v2/org/app/manifests/sha256-x.sig',
  ]);
});

test.each([403, 405, 200])('when HEAD says nothing (%i), GET does', async (status) => {
  const body = indexOf([]);
  let isThere = true;
  const { client, repository } = await serve(({ method }, response) => {
    if (method === 'HEAD') response.writeHead(status).end();
    else if (isThere) response.writeHead(200, { 'content-type': mediaTypes.ociIndex }).end(body);
    else response.writeHead(404).end();
  });
  expect(await client.findTag(repository, 'list')).toMatchObject({ digest: digestOf(body) });
  isThere = false;
  expect(await client.findTag(repository, 'list')).toBeUndefined();
});

test('a tag that cannot be asked for is an error', async () => {
  const { client, repository } = await serve((_, response) => response.writeHead(403).end());
  expect(await rejection(client.findTag(repository, 'sha256-x.sig'))).toMatchObject({
    code: 'ACCESS_DENIED',
  });
});
