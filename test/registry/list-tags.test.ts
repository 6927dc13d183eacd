import type { RequestListener } from 'node:http';

import { expect, test } from 'vitest';

import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { rejection } from '../support/rejection.ts';

async function list(listener: RequestListener) {
  const { host, requests } = await startServer(listener);
  const { client } = pullingClient();
  return { requests, listed: client.listTags({ registry: host, repository: 'org/chart' }) };
}

function answer(body: string, headers: Record<string, string> = {}): RequestListener {
  return (_, response) => response.writeHead(200, headers).end(body);
}

test('page after page', async () => {
  const pages = new Map([
    ['/v2/org/chart/tags/list', { tags: ['1.0.0', '1.1.0'], next: '?last=1.1.0&n=2' }],
    ['/v2/org/chart/tags/list?last=1.1.0&n=2', { tags: ['1.2.0'], next: '' }],
  ]);
  const { listed, requests } = await list((request, response) => {
    const page = pages.get(request.url ?? '');
    const link = page?.next === '' ? {} : { link: `<https://elsewhere.test/other${page?.next}>; rel="next"` };
    response.writeHead(200, link).end(JSON.stringify({ name: 'org/chart', tags: page?.tags }));
  });
  expect(await listed).toEqual(['1.0.0', '1.1.0', '1.2.0']);
  expect(requests.map(({ url }) => url)).toEqual([...pages.keys()]);
});

test('a repository without tags', async () => {
  const { listed } = await list(answer('{"name":"org/chart","tags":null}'));
  expect(await listed).toEqual([]);
});

test('one that is not there', async () => {
  const { listed } = await list((_, response) => response.writeHead(404).end('{}'));
  expect(await rejection(listed)).toMatchObject({ code: 'IMAGE_NOT_FOUND', kind: 'notFound' });
});

test.each([
  ['<html>', {}],
  ['{}', {}],
  ['{"tags":"1"}', {}],
  ['{"tags":["1"]}', { link: '</v2/org/chart/tags/list>; rel=next' }],
  ['{"tags":["1"]}', { link: '<https://[>; rel=next' }],
])('%s %j is no list', async (body, headers) => {
  const { listed } = await list(answer(body, headers));
  expect(await rejection(listed)).toMatchObject({ code: 'TAGS_INVALID', kind: 'content' });
});

test('a list without end', async () => {
  let count = 0;
  const { listed } = await list((_, response) => {
    count += 1;
    response.writeHead(200, { link: `<?last=${count}>; rel=next` }).end('{"tags":["1"]}');
  });
  const { code, message } = await rejection(listed);
  expect([code, message]).toEqual(['TAGS_INVALID', expect.stringContaining('has no end')]);
  expect(count).toBe(1000);
});
