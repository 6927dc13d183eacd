import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestHex, digestOf } from '../../src/oci/digest.ts';
import { errorCodes, runningRegistry, untilBusy, uploadBlob } from '../support/running-registry.ts';
import type { RunningRegistry } from '../support/running-registry.ts';
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

describe('in one piece', () => {
  test('POST with a digest', async () => {
    const registry = await runningRegistry();
    const response = await registry.send(`${uploads}?digest=${digest}`, { method: 'POST', body: text });
    await expectCreated(registry, response);
    expect(await stagedFiles(registry)).toEqual([]);
  });

  test('POST, then PUT', async () => {
    const registry = await runningRegistry();
    const location = await beginUpload(registry);
    await expectCreated(registry, await put(registry, location, { body: text }));
    expect(await stagedFiles(registry)).toEqual([]);
  });

  test('POST, a PATCH without length or range, PUT', async () => {
    const registry = await runningRegistry();
    const location = await beginUpload(registry);
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
    const response = await registry.send(`${await beginUpload(registry)}?digest=${empty}`, { method: 'PUT' });
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
    const location = await beginUpload(registry);
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
    const location = await beginUpload(registry);
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
    const location = await beginUpload(registry);
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
    const location = await beginUpload(registry);
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
    const location = await beginUpload(registry);
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

test('a cancelled upload is gone, with its file', async () => {
  const registry = await runningRegistry();
  const location = await beginUpload(registry);
  await patch(registry, location, [0, 9]);
  const cancelled = await registry.send(location, { method: 'DELETE' });
  expect([cancelled.status, cancelled.headers.get('content-length')]).toEqual([204, null]);
  expect((await registry.send(location)).status).toBe(404);
  expect(await stagedFiles(registry)).toEqual([]);
});

test('an upload that another request uses is not touched', async () => {
  const registry = await runningRegistry();
  const location = await beginUpload(registry);
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
  await patch(registry, await beginUpload(registry), [0, 9]);
  await patch(registry, await beginUpload(registry), [0, 9]);
  expect(await stagedFiles(registry)).toHaveLength(2);
  await registry.close();
  expect(await stagedFiles(registry)).toEqual([]);
});

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
