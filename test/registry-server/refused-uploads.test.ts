import { once } from 'node:events';
import { request } from 'node:http';

import { describe, expect, test } from 'vitest';

import { errorCodes, runningRegistry, untilBusy, uploadBlob } from '../support/running-registry.ts';
import {
  beginUpload,
  digest,
  expectCreated,
  patch,
  put,
  stagedFiles,
  text,
  uploads,
} from './begin-upload.ts';

describe('refused', () => {
  test.each(['PUT', 'POST'])('bytes that are something else (%s) are never readable', async (method) => {
    const registry = await runningRegistry();
    const location = method === 'PUT' ? await beginUpload(registry) : uploads;
    const response = await registry.send(`${location}?digest=${digest}`, { method, body: 'a fox' });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    expect((await registry.send(`/v2/org/app/blobs/${digest}`)).status).toBe(404);
    expect(await stagedFiles(registry)).toEqual([]);
  });

  test('bytes that are something else end their upload', async () => {
    const registry = await runningRegistry();
    const location = await beginUpload(registry);
    await put(registry, location, { body: 'a fox' });
    expect((await registry.send(location)).status).toBe(404);
  });

  test('naming the digest of a blob that another repository has does not give it', async () => {
    const registry = await runningRegistry();
    await uploadBlob(registry, text, 'org/secret');
    const response = await registry.send(`${uploads}?digest=${digest}`, { method: 'POST', body: 'x' });
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    expect((await registry.send(`/v2/org/app/blobs/${digest}`)).status).toBe(404);
  });

  test.each(['sha256:abc', `sha512:${'0'.repeat(128)}`, '', '../../x'])('the digest %j', async (wrong) => {
    const registry = await runningRegistry();
    const query = `?digest=${encodeURIComponent(wrong)}`;
    const location = await beginUpload(registry);
    for (const [url, method] of [
      [`${uploads}${query}`, 'POST'],
      [`${location}${query}`, 'PUT'],
    ] as const) {
      const response = await registry.send(url, { method, body: text });
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    }
    await expectCreated(registry, await put(registry, location, { body: text }));
  });

  test('a PUT without digest', async () => {
    const registry = await runningRegistry();
    const response = await registry.send(await beginUpload(registry), { method: 'PUT', body: text });
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
  });

  test('a blob over the limit, however it comes', async () => {
    const registry = await runningRegistry({ limits: { maximumBlobSize: 1000 } });
    const location = await beginUpload(registry);
    const large = new Uint8Array(100_000);
    const stream = () => new Blob([large]).stream();
    const inits: RequestInit[] = [{ body: large }, { body: stream(), duplex: 'half' }];
    for (const init of inits) {
      const response = await registry.send(location, { ...init, method: 'PATCH' });
      expect(response.status).toBe(413);
      expect(await errorCodes(response)).toEqual(['SIZE_INVALID']);
    }
    const fitting = new Uint8Array(900);
    expect((await registry.send(location, { method: 'PATCH', body: fitting })).status).toBe(202);
    expect((await registry.send(location, { method: 'PATCH', body: fitting })).status).toBe(413);
  });

  test('a blob that is going to be over the limit, before it is sent', async () => {
    const registry = await runningRegistry({ limits: { maximumBlobSize: 1000 } });
    const location = new URL(await beginUpload(registry), registry.origin);
    const large = request(location, { method: 'PATCH', headers: { 'content-length': 1001 } });
    large.flushHeaders();
    const [response] = await once(large, 'response');
    expect(response.statusCode).toBe(413);
    large.once('error', () => {}).destroy();
  });

  test.each(['GET', 'PATCH', 'PUT', 'DELETE'])('%s of an upload that is not there', async (method) => {
    const registry = await runningRegistry();
    const location = await beginUpload(registry);
    const elsewhere = location.replace('org/app', 'org/other');
    for (const url of [`${uploads}00000000-0000-0000-0000-000000000000`, elsewhere, `${uploads}..%2Fx`]) {
      const response = await registry.send(`${url}?digest=${digest}`, { method });
      expect(response.status).toBe(404);
    }
    await expectCreated(registry, await put(registry, location, { body: text }));
  });
});

describe('the number of open uploads', () => {
  test('is limited', async () => {
    const registry = await runningRegistry({ limits: { maximumUploads: 2 } });
    const first = await beginUpload(registry);
    await beginUpload(registry);
    const refused = await registry.send(uploads, { method: 'POST' });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await errorCodes(refused)).toEqual(['TOOMANYREQUESTS']);
    await registry.send(first, { method: 'DELETE' });
    await beginUpload(registry);
  });

  test('those that nobody used for long make place, with their files', async () => {
    const registry = await runningRegistry({ limits: { maximumUploads: 1, uploadIdleMs: 0 } });
    const first = await beginUpload(registry);
    await patch(registry, first, [0, 9]);
    expect(await stagedFiles(registry)).toHaveLength(1);
    const second = await beginUpload(registry);
    expect((await registry.send(first)).status).toBe(404);
    expect(await stagedFiles(registry)).toEqual([]);
    await expectCreated(registry, await put(registry, second, { body: text }));
  });
});

test('an upload that is used makes no place for others', async () => {
  const registry = await runningRegistry({ limits: { uploadIdleMs: 0 } });
  const location = await beginUpload(registry);
  const slow = request(new URL(`${location}?digest=${digest}`, registry.origin), {
    method: 'PUT',
    headers: { 'content-length': text.length },
  });
  slow.write(text.slice(0, 5));
  await untilBusy(registry, location);
  await beginUpload(registry);
  expect((await registry.send(location)).status).toBe(409);
  slow.end(text.slice(5));
  const [response] = await once(slow, 'response');
  expect(response.statusCode).toBe(201);
  response.resume();
});
