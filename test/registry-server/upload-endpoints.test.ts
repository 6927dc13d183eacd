import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { errorCodes, runningRegistry, untilBusy, uploadBlob } from '../support/running-registry.ts';
import type { RunningRegistry } from '../support/running-registry.ts';

const uploads = '/v2/org/app/blobs/uploads/';
const text = 'the quick brown fox';
const digest = digestOf(text);

describe('in one piece', () => {
  test('POST with a digest', async () => {
    const registry = await runningRegistry();
    const response = await registry.send(`${uploads}?digest=${digest}`, { method: 'POST', body: text });
    await expectCreated(registry, response);
    expect(await stagedFiles(registry)).toEqual([]);
  });

  test('POST, then PUT', async () => {
    const registry = await runningRegistry();
    const location = await begin(registry);
    await expectCreated(registry, await put(registry, location, { body: text }));
    expect(await stagedFiles(registry)).toEqual([]);
  });

  test('POST, a PATCH without length or range, PUT', async () => {
    const registry = await runningRegistry();
    const location = await begin(registry);
    const body = new ReadableStream({
      start: (controller) => {
        for (const part of text.split(' ')) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
    const patched = await registry.send(location, { method: 'PATCH', body, duplex: 'half' });
    expect(patched.status).toBe(202);
    expect(patched.headers.get('range')).toBe('0-15');
    const joined = digestOf(text.replaceAll(' ', ''));
    const response = await registry.send(`${patched.headers.get('location')}?digest=${joined}`, {
      method: 'PUT',
    });
    expect(response.status).toBe(201);
  });

  test('an empty blob', async () => {
    const registry = await runningRegistry();
    const empty = digestOf('');
    const response = await registry.send(`${await begin(registry)}?digest=${empty}`, { method: 'PUT' });
    expect(response.status).toBe(201);
    const blob = await registry.send(`/v2/org/app/blobs/${empty}`);
    expect([blob.status, await blob.text()]).toEqual([200, '']);
  });

  test('a large one comes out as it went in, and is stored under its digest', async () => {
    const registry = await runningRegistry();
    const bytes = randomBytes(3_000_001);
    const blob = await uploadBlob(registry, bytes);
    const response = await registry.send(`/v2/org/app/blobs/${blob.digest}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    const stored = await readFile(join(registry.folder, 'registry/blobs/sha256', digestHex(blob.digest)));
    expect(stored.equals(bytes)).toBe(true);
  });
});

describe('in chunks', () => {
  test('each goes on where the last one ended', async () => {
    const registry = await runningRegistry();
    const location = await begin(registry);
    expect((await patch(registry, location, [0, 9])).status).toBe(202);
    const second = await patch(registry, location, [10, 15]);
    expect(second.headers.get('range')).toBe('0-15');
    const last = await put(registry, location, {
      body: text.slice(16),
      headers: { 'content-range': '16-18' },
    });
    await expectCreated(registry, last);
  });

  test.each([
    ['PATCH', 11],
    ['PATCH', 0],
    ['PUT', 11],
  ])('one that is out of order (%s from %d) is 416, and the upload goes on', async (method, start) => {
    const registry = await runningRegistry();
    const location = await begin(registry);
    await patch(registry, location, [0, 9]);
    const refused = await registry.send(`${location}?digest=${digest}`, {
      method,
      body: text.slice(start),
      headers: { 'content-range': `${start}-18` },
    });
    expect(refused.status).toBe(416);
    expect(refused.headers.get('range')).toBe('0-9');
    expect(refused.headers.get('location')).toBe(location);
    const status = await registry.send(location);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-9']);
    await patch(registry, location, [10, 18]);
    await expectCreated(registry, await put(registry, location));
  });

  test.each([
    ['0-5', 'SIZE_INVALID'],
    ['5-0', 'BLOB_UPLOAD_INVALID'],
    ['bytes 0-18/19', 'BLOB_UPLOAD_INVALID'],
    ['0-', 'BLOB_UPLOAD_INVALID'],
    ['0-9999999999999999999', 'BLOB_UPLOAD_INVALID'],
  ])('Content-Range: %s for 19 bytes is refused', async (range, code) => {
    const registry = await runningRegistry();
    const location = await begin(registry);
    const response = await registry.send(location, {
      method: 'PATCH',
      body: text,
      headers: { 'content-range': range },
    });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual([code]);
    await expectCreated(registry, await put(registry, location, { body: text }));
  });

  test('a stream shorter than its Content-Range does not count', async () => {
    const registry = await runningRegistry();
    const location = await begin(registry);
    const body = new Blob([text]).stream();
    const response = await registry.send(location, {
      method: 'PATCH',
      body,
      duplex: 'half',
      headers: { 'content-range': '0-99' },
    });
    expect(await errorCodes(response)).toEqual(['SIZE_INVALID']);
    await expectCreated(registry, await put(registry, location, { body: text }));
  });

  test('a chunk whose client went away does not count', async () => {
    const registry = await runningRegistry();
    const location = await begin(registry);
    await patch(registry, location, [0, 9]);
    const half = request(new URL(location, registry.origin), {
      method: 'PATCH',
      headers: { 'content-length': 10_000_000 },
    });
    half.write(randomBytes(3_000_000));
    half.once('error', () => {});
    await stagedMoreThan(registry, 10);
    half.destroy();
    const status = await statusWhenFree(registry, location);
    expect(status.headers.get('range')).toBe('0-9');
    await patch(registry, location, [10, 18]);
    await expectCreated(registry, await put(registry, location));
  });
});

describe('refused', () => {
  test.each(['PUT', 'POST'])('bytes that are something else (%s) are never readable', async (method) => {
    const registry = await runningRegistry();
    const location = method === 'PUT' ? await begin(registry) : uploads;
    const response = await registry.send(`${location}?digest=${digest}`, { method, body: 'a fox' });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    expect((await registry.send(`/v2/org/app/blobs/${digest}`)).status).toBe(404);
    expect(await stagedFiles(registry)).toEqual([]);
  });

  test('bytes that are something else end their upload', async () => {
    const registry = await runningRegistry();
    const location = await begin(registry);
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
    const location = await begin(registry);
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
    const response = await registry.send(await begin(registry), { method: 'PUT', body: text });
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
  });

  test('a blob over the limit, however it comes', async () => {
    const registry = await runningRegistry({ limits: { maximumBlobSize: 1000 } });
    const location = await begin(registry);
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
    const location = new URL(await begin(registry), registry.origin);
    const large = request(location, { method: 'PATCH', headers: { 'content-length': 1001 } });
    large.flushHeaders();
    const [response] = await once(large, 'response');
    expect(response.statusCode).toBe(413);
    large.once('error', () => {}).destroy();
  });

  test.each(['GET', 'PATCH', 'PUT', 'DELETE'])('%s of an upload that is not there', async (method) => {
    const registry = await runningRegistry();
    const location = await begin(registry);
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
    const first = await begin(registry);
    await begin(registry);
    const refused = await registry.send(uploads, { method: 'POST' });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await errorCodes(refused)).toEqual(['TOOMANYREQUESTS']);
    await registry.send(first, { method: 'DELETE' });
    await begin(registry);
  });

  test('those that nobody used for long make place, with their files', async () => {
    const registry = await runningRegistry({ limits: { maximumUploads: 1, uploadIdleMs: 0 } });
    const first = await begin(registry);
    await patch(registry, first, [0, 9]);
    expect(await stagedFiles(registry)).toHaveLength(1);
    const second = await begin(registry);
    expect((await registry.send(first)).status).toBe(404);
    expect(await stagedFiles(registry)).toEqual([]);
    await expectCreated(registry, await put(registry, second, { body: text }));
  });
});

test('an upload that is used makes no place for others', async () => {
  const registry = await runningRegistry({ limits: { uploadIdleMs: 0 } });
  const location = await begin(registry);
  const slow = request(new URL(`${location}?digest=${digest}`, registry.origin), {
    method: 'PUT',
    headers: { 'content-length': text.length },
  });
  slow.write(text.slice(0, 5));
  await untilBusy(registry, location);
  await begin(registry);
  expect((await registry.send(location)).status).toBe(409);
  slow.end(text.slice(5));
  const [response] = await once(slow, 'response');
  expect(response.statusCode).toBe(201);
  response.resume();
});

test('a cancelled upload is gone, with its file', async () => {
  const registry = await runningRegistry();
  const location = await begin(registry);
  await patch(registry, location, [0, 9]);
  const cancelled = await registry.send(location, { method: 'DELETE' });
  expect([cancelled.status, cancelled.headers.get('content-length')]).toEqual([204, null]);
  expect((await registry.send(location)).status).toBe(404);
  expect(await stagedFiles(registry)).toEqual([]);
});

test('an upload that another request uses is not touched', async () => {
  const registry = await runningRegistry();
  const location = await begin(registry);
  const slow = request(new URL(location, registry.origin), {
    method: 'PATCH',
    headers: { 'content-length': text.length },
  });
  slow.write(text.slice(0, 5));
  await untilBusy(registry, location);
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const response = await registry.send(location, { method });
    expect(response.status).toBe(409);
  }
  slow.end(text.slice(5));
  const [response] = await once(slow, 'response');
  expect(response.statusCode).toBe(202);
  response.resume();
  await expectCreated(registry, await put(registry, location));
});

describe('mounting', () => {
  test('a blob of another repository', async () => {
    const registry = await runningRegistry();
    await uploadBlob(registry, text, 'org/base');
    const response = await registry.send(`${uploads}?mount=${digest}&from=org/base`, { method: 'POST' });
    expect(response.status).toBe(201);
    await expectCreated(registry, response);
  });

  test.each([
    ['that the other repository does not have', `mount=${digestOf('x')}&from=org/base`],
    ['of a repository that is not there', `mount=${digest}&from=org/none`],
    ['of something that is no repository', `mount=${digest}&from=../base`],
    ['without saying from where', `mount=${digest}`],
  ])('a blob %s begins an upload', async (_, query) => {
    const registry = await runningRegistry();
    await uploadBlob(registry, text, 'org/base');
    const response = await registry.send(`${uploads}?${query}`, { method: 'POST' });
    expect(response.status).toBe(202);
    expect((await registry.send(`/v2/org/app/blobs/${digest}`)).status).toBe(404);
    const location = response.headers.get('location') ?? '';
    await expectCreated(registry, await put(registry, location, { body: text }));
  });

  test('something that is no digest is refused', async () => {
    const registry = await runningRegistry();
    const response = await registry.send(`${uploads}?mount=x&from=org/base`, { method: 'POST' });
    expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
  });
});

test('closing removes what was not complete', async () => {
  const registry = await runningRegistry();
  await patch(registry, await begin(registry), [0, 9]);
  await patch(registry, await begin(registry), [0, 9]);
  expect(await stagedFiles(registry)).toHaveLength(2);
  await registry.close();
  expect(await stagedFiles(registry)).toEqual([]);
});

async function begin(registry: RunningRegistry): Promise<string> {
  const response = await registry.send(uploads, { method: 'POST' });
  expect(response.status).toBe(202);
  expect(response.headers.get('range')).toBe('0-0');
  return response.headers.get('location') ?? '';
}

/** Sends these bytes of the text, both inclusive. */
async function patch(
  registry: RunningRegistry,
  location: string,
  [first, last]: readonly [number, number],
): Promise<Response> {
  return await registry.send(location, {
    method: 'PATCH',
    body: text.slice(first, last + 1),
    headers: { 'content-range': `${first}-${last}` },
  });
}

async function put(registry: RunningRegistry, location: string, init: RequestInit = {}): Promise<Response> {
  return await registry.send(`${location}?digest=${digest}`, { ...init, method: 'PUT' });
}

async function expectCreated(registry: RunningRegistry, response: Response): Promise<void> {
  expect(response.status).toBe(201);
  expect(response.headers.get('docker-content-digest')).toBe(digest);
  const location = response.headers.get('location') ?? '';
  expect(location).toBe(`/v2/org/app/blobs/${digest}`);
  expect(await (await registry.send(location)).text()).toBe(text);
}

async function stagedFiles({ folder }: RunningRegistry): Promise<string[]> {
  return await readdir(join(folder, 'registry/uploads'));
}

/** Waits until the one upload has more than so many bytes in its file. */
async function stagedMoreThan(registry: RunningRegistry, size: number): Promise<void> {
  for (;;) {
    const name = (await stagedFiles(registry)).at(0);
    if (name !== undefined && (await stat(join(registry.folder, 'registry/uploads', name))).size > size)
      return;
  }
}

/** Asks for an upload until no other request uses it. */
async function statusWhenFree(registry: RunningRegistry, location: string): Promise<Response> {
  for (;;) {
    const response = await registry.send(location);
    if (response.status !== 409) return response;
    await response.text();
  }
}
