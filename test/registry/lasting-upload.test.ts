import { readdir, readFile, stat, writeFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { startUploadServer } from '../support/upload-server.ts';
import { aborted, chunk, good, secret, startRuns } from './start-runs.ts';
import type { Behaviour } from './start-runs.ts';
import { blob, content } from './upload.ts';

const whole = { kept: 0, sent: content.length };

test('a large blob that may last goes in chunks, and nothing is left of it', async () => {
  const server = await startRuns();
  const { report, told } = await server.ended();
  expect(server.hasAll()).toBe(true);
  expect(server.methods()).toBe(`POST ${'PATCH '.repeat(6)}PUT`);
  expect(report).toEqual({ how: 'uploaded', bytesSent: content.length });
  expect(told).toEqual(whole);
  expect(await readdir(server.folder)).toEqual([]);
});

test('other blobs go whole', async () => {
  const server = await startRuns();
  await server.ended(good, { isLasting: false });
  expect(server.methods()).toBe('POST PUT');
});

test('the next run goes on where the first was stopped', async () => {
  const server = await startRuns();
  await server.interrupted();
  const { report, told, retries } = await server.ended();
  expect(server.hasAll()).toBe(true);
  expect(server.methods()).toBe('GET PATCH PATCH PATCH PUT');
  expect(report.bytesSent).toBeLessThanOrEqual(content.length - 3 * chunk);
  expect(told).toEqual({ kept: content.length - report.bytesSent, sent: report.bytesSent });
  expect(retries).toEqual([]);
  expect(await readdir(server.folder)).toEqual([]);
});

test('when all bytes are there the next run ends the upload', async () => {
  const server = await startRuns();
  const stop = new AbortController();
  const cut: Behaviour = ({ request, serve }) => {
    if (request.method === 'PUT') stop.abort();
    else serve();
  };
  await expect(server.run(cut, { signal: stop.signal }).pushing).rejects.toMatchObject(aborted);
  const { report } = await server.ended();
  expect(server.hasAll()).toBe(true);
  expect([server.methods(), report.bytesSent]).toEqual(['GET PUT', 0]);
});

test('what is remembered can be read by its owner only, and is told to nobody', async () => {
  const server = await startRuns();
  const path = await server.interrupted();
  expect([(await stat(path)).mode & 0o777, (await stat(server.folder)).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(await readFile(path, 'utf8')).toContain(secret);
  const { pushing, retries } = server.run(({ request, response, serve }) => {
    if (request.method === 'GET') response.writeHead(503).end();
    else if (request.method === 'POST') response.writeHead(403).end();
    else serve();
  });
  const shown = [await rejection(pushing), ...retries.map(({ error }) => error)].map(everythingShown).join();
  expect(retries).not.toEqual([]);
  expect(shown).toContain(server.host);
  expect(shown).not.toContain('secret');
});

describe('begins anew without a word', () => {
  const answers: readonly (readonly [string, number, string | undefined])[] = [
    ['an upload that the registry does not know any more', 404, undefined],
    ['one that it does not want to tell of', 400, undefined],
    ['one that it may not tell of', 403, undefined],
    ['more than was sent', 204, `0-${4 * chunk}`],
    ['more than there is', 204, `0-${content.length}`],
    ['a range that is none', 204, '0-99999999999999999999'],
    ['a range that begins in the middle', 204, '5-499999'],
    ['no range', 204, undefined],
  ];
  test.each(answers)('%s', async (_, status, range) => {
    const server = await startRuns();
    await server.interrupted();
    const { told, retries } = await server.ended(({ request, response, serve }) => {
      if (request.method === 'GET') response.writeHead(status, range === undefined ? {} : { range }).end();
      else serve();
    });
    expect(server.hasAll()).toBe(true);
    expect(server.methods()).toBe(`GET POST ${'PATCH '.repeat(6)}PUT`);
    expect([told, retries]).toEqual([whole, []]);
  });

  test.each([404, 416, 400])('an upload that takes no further chunk: %i', async (status) => {
    const server = await startRuns();
    await server.interrupted();
    const { told, retries } = await server.ended(({ request, response, serve }) => {
      const isFirst = server.requests.filter(({ method }) => method === 'POST').length === 0;
      if (request.method !== 'PATCH' || !isFirst) {
        serve();
        return;
      }
      request.resume();
      response.writeHead(status).end();
    });
    expect(server.hasAll()).toBe(true);
    expect(server.methods()).toBe(`GET PATCH POST ${'PATCH '.repeat(6)}PUT`);
    expect([told, retries]).toEqual([whole, []]);
  });

  test('once, whole, an upload in which there are other bytes', async () => {
    const server = await startRuns();
    await server.interrupted();
    for (const upload of server.uploads.values()) upload.pieces[0]?.fill(0);
    const { told, retries } = await server.ended();
    expect(server.hasAll()).toBe(true);
    expect(server.methods()).toBe('GET PATCH PATCH PATCH PUT POST PUT');
    expect([told, retries]).toEqual([whole, []]);
  });

  test('what was written down is of another place, or makes no sense', async () => {
    const server = await startRuns();
    const elsewhere = await startUploadServer();
    const path = await server.interrupted();
    const text = await readFile(path, 'utf8');
    const damaged = [
      text.replace(`"location":"http://${server.host}`, `"location":"${elsewhere.origin}`),
      text.replace(blob.digest, digestOf('other')),
      text.replace('"sentTo":', '"sentTo":-'),
      text.slice(0, -10),
      '[]',
    ];
    for (const each of damaged) {
      expect(each).not.toBe(text);
      await writeFile(path, each);
      await server.ended();
      expect(server.methods()).toBe(`POST ${'PATCH '.repeat(6)}PUT`);
    }
    expect(elsewhere.requests).toEqual([]);
  });
});

test('an upload that another request uses is asked about again', async () => {
  const server = await startRuns();
  await server.interrupted();
  const { retries } = await server.ended(({ request, response, round, serve }) => {
    if (request.method === 'GET' && round <= 2) response.writeHead(409).end();
    else serve();
  });
  expect(server.methods()).toBe('GET GET GET PATCH PATCH PATCH PUT');
  expect(retries).toHaveLength(2);
});

test('one that is busy for ever is begun anew', async () => {
  const server = await startRuns();
  await server.interrupted();
  await server.ended(({ request, response, serve }) => {
    if (request.method === 'GET') response.writeHead(409).end();
    else serve();
  });
  expect(server.hasAll()).toBe(true);
});

test('a registry that cannot be reached loses nothing', async () => {
  const server = await startRuns();
  await server.interrupted();
  const { pushing } = server.run(({ request }) => request.socket.destroy());
  expect(await rejection(pushing)).toMatchObject({ code: 'CONNECTION_LOST' });
  const { told } = await server.ended();
  expect(server.hasAll()).toBe(true);
  expect(told.kept).toBeGreaterThanOrEqual(3 * chunk);
});

test('a connection that breaks, with a registry that is out of reach for a while, loses nothing', async () => {
  const server = await startRuns();
  const { report } = await server.ended(({ request, round, serve }) => {
    const isCut = request.method === 'PATCH' && round === 5;
    if (isCut) request.once('data', () => request.socket.destroy());
    if (request.method === 'GET' && round <= 3) request.socket.destroy();
    else serve();
  });
  expect(server.hasAll()).toBe(true);
  expect(server.methods()).toContain('PATCH GET GET GET GET PATCH');
  expect(server.methods()).not.toContain('PATCH POST');
  expect(report.bytesSent).toBeLessThanOrEqual(content.length + chunk);
});

test('a registry that is out of order now and then loses nothing', async () => {
  const server = await startRuns();
  const { retries } = await server.ended(({ request, response, round, serve }) => {
    const isBad = { GET: round % 2 === 1, PATCH: round % 2 === 0 }[request.method ?? ''] ?? false;
    if (!isBad) {
      serve();
      return;
    }
    request.resume();
    response.writeHead(502).end();
  });
  expect(server.hasAll()).toBe(true);
  expect(server.methods()).toBe(`POST PATCH ${'PATCH GET GET PATCH '.repeat(5)}PUT`);
  expect(retries).toHaveLength(10);
});

test.each([400, 404, 405, 416, 501])('where chunks are refused (%i) the blob goes whole', async (status) => {
  const server = await startRuns();
  const { told, retries } = await server.ended(({ request, response, serve }) => {
    if (request.method !== 'PATCH') {
      serve();
      return;
    }
    request.resume();
    response.writeHead(status).end();
  });
  expect(server.hasAll()).toBe(true);
  expect(server.methods()).toBe('POST PATCH POST PUT');
  expect([told, retries]).toEqual([whole, []]);
});

test('a blob that is refused whole as well is told of', async () => {
  const server = await startRuns();
  const { pushing } = server.run(({ request, response, serve }) => {
    request.resume();
    if (request.method === 'PUT') response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}');
    else serve();
  });
  expect((await rejection(pushing)).message).toContain('DIGEST_INVALID');
  expect(server.methods()).toBe(`POST ${'PATCH '.repeat(6)}PUT POST PUT`);
});

describe('an upload whose end a proxy does not wait for', () => {
  test('is not sent again when the registry has ended it', async () => {
    const server = await startRuns();
    const { report, told } = await server.ended(({ request, response, serve }) => {
      const answer = response.writeHead.bind(response);
      if (request.method === 'PUT') response.writeHead = () => answer(504);
      serve();
    });
    expect(server.methods()).toBe(`POST ${'PATCH '.repeat(6)}PUT GET HEAD`);
    expect(report).toEqual({ how: 'uploaded', bytesSent: content.length });
    expect(told).toEqual(whole);
  });

  test('is not sent again without end when the registry has lost it', async () => {
    const server = await startRuns();
    const { pushing, retries } = server.run(({ request, response, round, serve }) => {
      request.resume();
      if (request.method === 'PUT') {
        server.uploads.clear();
        response.writeHead(504).end();
      } else if (request.method === 'POST' && round > 10) response.writeHead(400).end();
      else serve();
    });
    expect((await rejection(pushing)).message).toContain('504');
    expect(retries).toHaveLength(4);
  });
});

test('chunks that are too large for a proxy become smaller, in the same upload', async () => {
  const server = await startRuns();
  await server.ended(({ request, response, serve }) => {
    if (Number(request.headers['content-length'] ?? 0) <= 262_144) serve();
    else {
      request.resume();
      response.writeHead(413).end();
    }
  });
  expect(server.hasAll()).toBe(true);
  expect(server.methods()).toBe(`POST PATCH ${'PATCH '.repeat(12)}PUT`);
});

test('uploads at another origin are not remembered', async () => {
  const storage = await startUploadServer();
  storage.uploads.set('1', { pieces: [] });
  const server = await startRuns({
    locationOf: () => `${storage.origin}/v2/org/app/blobs/uploads/1?sig=${secret}`,
  });
  const stop = new AbortController();
  const { pushing } = server.run(good, { signal: stop.signal });
  for (;;)
    if (storage.requests.length > 0) break;
    else await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await expect(pushing).rejects.toMatchObject(aborted);
  expect(await readdir(server.folder)).toEqual([]);
});

test('a mount comes first, and an upload that was begun instead is left alone', async () => {
  const server = await startRuns();
  await server.interrupted();
  await server.ended(good, { mountFrom: 'org/base' });
  expect(server.methods()).toBe('POST GET PATCH PATCH PATCH PUT');
  expect(server.hasAll()).toBe(true);
  server.uploads.clear();
  const { report } = await server.ended(good, { mountFrom: 'org/base' });
  expect(report).toEqual({ how: 'mounted', bytesSent: 0 });
});
