import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import type { PaletteCall } from '../../src/palette-api/palette-client.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { failure, send, startPaletteServer } from '../support/palette-server.ts';
import type { Fault } from '../support/palette-server.ts';
import { paletteClientOf } from '../support/palette-server-client.ts';
import { infraUid, sampleKey, sampleProject } from '../support/palette-server-data.ts';
import { everythingShown, rejection } from '../support/rejection.ts';

const never = new AbortController().signal;
const call: PaletteCall = {
  method: 'GET',
  path: ['v1', 'clusterprofiles', infraUid],
  subject: `cluster profile ${infraUid}`,
};

/** Answers the first so many calls otherwise. */
function atFirst(times: number, fault: Fault): Fault {
  let calls = 0;
  return async (...given) => {
    calls += 1;
    return calls <= times && (await fault(...given));
  };
}

const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}): Fault =>
  (_operation, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    send(response, failure(status, 'Nope', 'not now'));
    return true;
  };

test('key and project go along as headers, and nowhere else', async () => {
  const server = await startPaletteServer();
  const { client } = paletteClientOf(server.host);
  expect(await client.object(call, never)).toMatchObject({ metadata: { name: 'edge-infra' } });
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]?.headers).toMatchObject({
    apikey: sampleKey,
    projectuid: sampleProject,
    'user-agent': 'test/1',
  });
  expect(server.requests[0]?.url).toBe(`/v1/clusterprofiles/${infraUid}`);
});

test('without a project no header names one', async () => {
  const server = await startPaletteServer();
  await paletteClientOf(server.host, { projectUid: undefined }).client.object(call, never);
  expect(Object.keys(server.requests[0]?.headers ?? {})).not.toContain('projectuid');
});

test('a wrong key is told with advice, once, and without the key', async () => {
  const server = await startPaletteServer();
  const { client } = paletteClientOf(server.host, { apiKey: 'wr0ng-s3cret' });
  const error = await rejection(client.object(call, never));
  expect(error).toMatchObject({ code: 'PALETTE_KEY_REFUSED', kind: 'authentication' });
  expect(error.message).toContain('InvalidApiKey: the key *** is not known');
  expect(everythingShown(error)).not.toContain('wr0ng');
  expect(server.requests).toHaveLength(1);
});

test('a wrong project is told with its uid', async () => {
  const server = await startPaletteServer();
  const projectUid = 'aaaaaaaaaaaaaaaaaaaaaaaa';
  const error = await rejection(paletteClientOf(server.host, { projectUid }).client.object(call, never));
  expect(error).toMatchObject({ code: 'PALETTE_FORBIDDEN', kind: 'authentication' });
  expect(error.suggestions.join()).toContain(projectUid);
});

test('429 is waited for as long as Palette asks', async () => {
  const fault = atFirst(2, refuse(429, { 'retry-after': '7' }));
  const server = await startPaletteServer({ fault });
  const { client, waits, retries } = paletteClientOf(server.host);
  expect(await client.object(call, never)).toMatchObject({ metadata: { uid: infraUid } });
  expect(waits).toEqual([7000, 7000]);
  expect(retries[0]).toMatchObject({ host: server.host, subject: call.subject, attempt: 1 });
});

test('429 without end is given up', async () => {
  const server = await startPaletteServer({ fault: refuse(429) });
  const { client, waits } = paletteClientOf(server.host);
  const error = await rejection(client.object(call, never));
  expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', kind: 'network' });
  expect(waits).toEqual([500, 1000, 2000, 4000]);
  expect(server.requests).toHaveLength(5);
});

test.each([500, 502, 503, 504])('%d is tried again', async (status) => {
  const server = await startPaletteServer({ fault: atFirst(3, refuse(status)) });
  const { client, waits } = paletteClientOf(server.host);
  await client.object(call, never);
  expect(waits).toHaveLength(3);
});

test('500 without end is told in the words of Palette', async () => {
  const server = await startPaletteServer({ fault: refuse(500) });
  const error = await rejection(paletteClientOf(server.host).client.object(call, never));
  expect(error).toMatchObject({ code: 'SERVER_FAILURE', kind: 'network' });
  expect(error.message).toContain('(Nope: not now; details of Nope; ref a1b2c3) (tried 5 times)');
});

test('a body that is cut off is asked for again', async () => {
  const cut: Fault = (_operation, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{"metadata":');
    response.destroy();
    return true;
  };
  const server = await startPaletteServer({ fault: atFirst(1, cut) });
  expect(await paletteClientOf(server.host).client.object(call, never)).toMatchObject({
    metadata: { uid: infraUid },
  });
});

test.each([
  ['truncated JSON', '{"metadata":{"name":"edge', 'it is no JSON'],
  ['nothing', '', 'it is no JSON'],
  ['a list', '[]', 'it is no JSON object'],
  ['null', 'null', 'it is no JSON object'],
  ['a login page', '<!doctype html><title>Log in</title>', 'it is a web page'],
  ['bytes that are no text', Buffer.from([0x22, 0xff, 0x22]), 'it is no JSON'],
])('%s is no answer', async (_what, body, reason) => {
  const fault: Fault = (_operation, response) => {
    response.end(body);
    return true;
  };
  const server = await startPaletteServer({ fault });
  const error = await rejection(paletteClientOf(server.host).client.object(call, never));
  expect(error).toMatchObject({ code: 'PALETTE_ANSWER_INVALID', kind: 'network' });
  expect(error.message).toBe(
    `cluster profile ${infraUid}: the answer of ${server.host} is not as expected: ${reason}`,
  );
  expect(server.requests).toHaveLength(1);
});

test('an answer that comes compressed is read all the same', async () => {
  const fault: Fault = (_operation, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"metadata":{}}'));
    return true;
  };
  const server = await startPaletteServer({ fault });
  expect(await paletteClientOf(server.host).client.object(call, never)).toEqual({ metadata: {} });
});

test('a body that is too large is given up', async () => {
  const fault: Fault = (_operation, response) => {
    response.end(Buffer.alloc(1001, ' '));
    return true;
  };
  const server = await startPaletteServer({ fault });
  const { client } = paletteClientOf(server.host);
  const error = await rejection(client.object({ ...call, limitBytes: 1000 }, never));
  expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', kind: 'content' });
});

test('a failure with an endless body is told all the same', async () => {
  const fault: Fault = (_operation, response) => {
    response.writeHead(404).end(Buffer.alloc(1_000_000, 'x'));
    return true;
  };
  const server = await startPaletteServer({ fault });
  const error = await rejection(paletteClientOf(server.host).client.object(call, never));
  expect(error).toMatchObject({ code: 'PALETTE_NOT_FOUND' });
  expect(error.message).not.toContain('xxx');
});

test('a server that does not answer is given up', async () => {
  const server = await startPaletteServer({ fault: () => true });
  const { client } = paletteClientOf(server.host, { http: { idleTimeoutMs: 50 } });
  const error = await rejection(client.object(call, never));
  expect(error).toMatchObject({ code: 'CONNECTION_TIMEOUT', kind: 'network' });
});

test('a call ends when the work is given up', async () => {
  const work = new AbortController();
  const fault: Fault = () => {
    work.abort(new Error('enough'));
    return true;
  };
  const server = await startPaletteServer({ fault });
  await expect(paletteClientOf(server.host).client.object(call, work.signal)).rejects.toThrow('enough');
});

test('where nobody listens one try is enough', async () => {
  const { client, waits } = paletteClientOf(await unusedHost());
  expect(await rejection(client.object(call, never))).toMatchObject({ code: 'CONNECTION_REFUSED' });
  expect(waits).toEqual([]);
});

test('a redirect elsewhere gets no key, and its answer is not believed', async () => {
  const other = await startServer((_request, response) => response.end('{"metadata":{"name":"forged"}}'));
  const fault: Fault = (_operation, response) => {
    response.writeHead(307, { location: `${other.origin}/v1` }).end();
    return true;
  };
  const server = await startPaletteServer({ fault });
  const error = await rejection(paletteClientOf(server.host).client.object(call, never));
  expect(error).toMatchObject({ code: 'PALETTE_REDIRECTED', kind: 'network' });
  expect(error.suggestions.join()).toContain(`--palette-endpoint ${other.host}`);
  expect(other.requests).toHaveLength(1);
  const headers = other.requests[0]?.headers ?? {};
  expect(JSON.stringify(headers)).not.toContain(sampleKey);
  expect(Object.keys(headers)).not.toContain('projectuid');
});

test('a POST that is redirected is told', async () => {
  const fault: Fault = (_operation, response) => {
    response.writeHead(308, { location: 'https://elsewhere.invalid/' }).end();
    return true;
  };
  const server = await startPaletteServer({ fault });
  const post = { ...call, method: 'POST' as const, path: ['v1', 'dashboard', 'clusterprofiles'], body: {} };
  const error = await rejection(paletteClientOf(server.host).client.object(post, never));
  expect(error).toMatchObject({ code: 'PALETTE_REDIRECTED' });
});

test('plain HTTP is refused unless the host is listed', async () => {
  const server = await startPaletteServer();
  const unlisted = { http: { plainHttpHosts: new Set<string>() }, scheme: 'http' as const };
  const error = await rejection(paletteClientOf(server.host, unlisted).client.object(call, never));
  expect(error).toMatchObject({ code: 'PLAIN_HTTP_REFUSED', kind: 'network' });
  expect(error.suggestions.join()).toContain(`--plain-http ${server.host}`);
  expect(server.requests).toEqual([]);
});

test('https that was written holds, whatever is listed', async () => {
  const server = await startPaletteServer();
  const error = await rejection(paletteClientOf(server.host, { scheme: 'https' }).client.object(call, never));
  expect(error).toMatchObject({ code: 'NOT_TLS' });
});

test('parts of a path are encoded, and none can climb', async () => {
  const server = await startServer((_request, response) => response.end('{}'));
  const { client } = paletteClientOf(server.host);
  await client.object({ ...call, path: ['v1', 'a/../b?c#d e'], query: { q: 'x&y=z' } }, never);
  expect(server.requests[0]?.url).toBe('/v1/a%2F..%2Fb%3Fc%23d%20e?q=x%26y%3Dz');
  await expect(client.object({ ...call, path: ['v1', '..', 'x'] }, never)).rejects.toThrow(TypeError);
  expect(server.requests).toHaveLength(1);
});

test('no more than six calls are under way', async () => {
  const held: (() => void)[] = [];
  let most = 0;
  const server = await startServer((request, response) => {
    if (request.url === '/probe') return void response.end();
    held.push(() => response.end('{}'));
    most = Math.max(most, held.length);
    // When this has come and gone, whatever else was sent has arrived.
    if (held.length >= 6) void fetch(`${server.origin}/probe`).then(release);
    return undefined;
  });
  const release = (): void => {
    for (const answer of held.splice(0)) answer();
  };
  const { client } = paletteClientOf(server.host);
  await Promise.all(Array.from({ length: 12 }, async () => await client.object(call, never)));
  expect(most).toBe(6);
});
