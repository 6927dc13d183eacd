import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { errorCodes, runningRegistry, uploadBlob } from '../support/running-registry.ts';

const text = 'the quick brown fox';
const digest = digestOf(text);
const path = `/v2/org/app/blobs/${digest}`;

describe('a whole blob', () => {
  test('GET gives its bytes with digest, length and tag', async () => {
    const registry = await withBlob();
    const response = await registry.send(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(text);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(text.length),
      'docker-content-digest': digest,
      etag: `"${digest}"`,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    });
  });

  test('HEAD gives the same headers and no body', async () => {
    const registry = await withBlob();
    const [get, head] = [await registry.send(path), await registry.send(path, { method: 'HEAD' })];
    expect(await head.text()).toBe('');
    const without = (response: Response) =>
      [...response.headers].filter(([name]) => !['date', 'keep-alive', 'connection'].includes(name));
    expect(without(head)).toEqual(without(get));
    await get.text();
  });

  test('an escaped colon is one', async () => {
    const registry = await withBlob();
    expect(await (await registry.send(path.replace('sha256:', 'sha256%3A'))).text()).toBe(text);
  });

  test.each([`"${digest}"`, `W/"${digest}"`, `"other", "${digest}"`, '*'])(
    'If-None-Match: %s is answered with 304',
    async (header) => {
      const registry = await withBlob();
      for (const method of ['GET', 'HEAD']) {
        const response = await registry.send(path, { method, headers: { 'if-none-match': header } });
        expect(response.status).toBe(304);
        expect(response.headers.get('etag')).toBe(`"${digest}"`);
      }
    },
  );

  test('another tag is answered with the blob', async () => {
    const registry = await withBlob();
    const headers = { 'if-none-match': `"${digestOf('other')}"` };
    expect(await (await registry.send(path, { headers })).text()).toBe(text);
  });
});

describe('a range', () => {
  test.each([
    ['bytes=0-3', 'the ', 'bytes 0-3/19'],
    ['bytes=16-', 'fox', 'bytes 16-18/19'],
    ['bytes=-3', 'fox', 'bytes 16-18/19'],
    ['bytes=16-999', 'fox', 'bytes 16-18/19'],
    ['bytes=-999', text, 'bytes 0-18/19'],
    ['bytes=0-', text, 'bytes 0-18/19'],
    ['BYTES=1-1', 'h', 'bytes 1-1/19'],
  ])('%s', async (range, expected, contentRange) => {
    const registry = await withBlob();
    const response = await registry.send(path, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect(response.headers.get('content-length')).toBe(String(expected.length));
    expect(await response.text()).toBe(expected);
  });

  test.each(['bytes=19-', 'bytes=19-20', 'bytes=99999999999999999999-', 'bytes=-0'])(
    '%s is behind the end',
    async (range) => {
      const registry = await withBlob();
      const response = await registry.send(path, { headers: { range } });
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe('bytes */19');
      expect(await response.text()).toBe('');
    },
  );

  test.each(['bytes=', 'bytes=-', 'bytes=3-1', 'bytes=a-b', 'bytes=0-1,3-4', 'lines=0-1', 'bytes=1'])(
    '%s is not a range: all of it is sent',
    async (range) => {
      const registry = await withBlob();
      const response = await registry.send(path, { headers: { range } });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(text);
    },
  );

  test('If-Range sends the part only of what the client has', async () => {
    const registry = await withBlob();
    const ask = async (tag: string) => {
      const response = await registry.send(path, { headers: { range: 'bytes=0-3', 'if-range': tag } });
      return await response.text();
    };
    expect(await ask(`"${digest}"`)).toBe('the ');
    expect(await ask(`"${digestOf('other')}"`)).toBe(text);
  });

  test('HEAD has none', async () => {
    const registry = await withBlob();
    const response = await registry.send(path, { method: 'HEAD', headers: { range: 'bytes=0-3' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(String(text.length));
  });

  test('an empty blob has none', async () => {
    const registry = await withBlob();
    const empty = await uploadBlob(registry, '');
    const response = await registry.send(`/v2/org/app/blobs/${empty.digest}`, {
      headers: { range: 'bytes=0-' },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test('any part of any blob is that part', async () => {
    const registry = await runningRegistry();
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 2000 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(2000), fc.nat(2000), async (content, start, length) => {
        const blob = await uploadBlob(registry, content);
        const response = await registry.send(`/v2/org/app/blobs/${blob.digest}`, {
          headers: { range: `bytes=${start}-${start + length}` },
        });
        const received = Buffer.from(await response.arrayBuffer());
        const expected = Buffer.from(content.subarray(start, start + length + 1));
        expect(response.status).toBe(start < content.length ? 206 : 416);
        expect(received.equals(expected)).toBe(true);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('what is not here', () => {
  test('is 404, also when another repository has it', async () => {
    const registry = await withBlob();
    const missing = [
      `/v2/org/app/blobs/${digestOf('missing')}`,
      path.replace('org/app', 'org/other'),
      `/v2/org/app/blobs/sha512:${'0'.repeat(128)}`,
    ];
    for (const url of missing) {
      const response = await registry.send(url);
      expect(response.status).toBe(404);
      expect(await errorCodes(response)).toEqual(['BLOB_UNKNOWN']);
      expect((await registry.send(url, { method: 'HEAD' })).status).toBe(404);
      expect((await registry.send(url, { method: 'DELETE' })).status).toBe(404);
    }
  });

  test.each(['sha256:abc', `sha256:${'A'.repeat(64)}`, 'latest', '..%5C..', '%00', '...'])(
    '%s is no digest',
    async (reference) => {
      const registry = await withBlob();
      const response = await registry.send(`/v2/org/app/blobs/${reference}`);
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual(['DIGEST_INVALID']);
    },
  );
});

test('a deleted blob is gone from its repository, and only from that', async () => {
  const registry = await withBlob();
  await uploadBlob(registry, text, 'org/other');
  expect((await registry.send(path, { method: 'DELETE' })).status).toBe(202);
  expect((await registry.send(path)).status).toBe(404);
  expect((await registry.send(path, { method: 'DELETE' })).status).toBe(404);
  expect(await (await registry.send(path.replace('org/app', 'org/other'))).text()).toBe(text);
});

async function withBlob() {
  const registry = await runningRegistry();
  await uploadBlob(registry, text);
  return registry;
}
