import { once } from 'node:events';
import { request } from 'node:http';

import { describe, expect, test } from 'vitest';

import type { BlobReader } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { runningRegistry, untilBusy } from '../support/running-registry.ts';
import { connected } from './connected.ts';

const text = 'the quick brown fox';

const path = `/v2/org/app/blobs/${digestOf(text)}`;

describe('closing', () => {
  test('ends idle connections and refuses new ones', async () => {
    const registry = await runningRegistry();
    const idle = await connected(registry.port);
    const ended = once(idle, 'close');
    idle.resume();
    await registry.close();
    await ended;
    await expect(registry.send('/v2/')).rejects.toThrow('fetch failed');
  });

  test('lets a download under way end', async () => {
    const { blobs, release } = blockedBlobs();
    const registry = await runningRegistry();
    await registry.content.repositories.addBlob('org/app', digestOf(text));
    const slow = await runningRegistry({
      content: { ...registry.content, blobs },
      limits: { closeGraceMs: 1_000_000 },
    });
    const response = await slow.send(path);
    const closed = slow.close();
    release();
    expect(await response.text()).toBe(text);
    await closed;
  });

  test('cuts off what takes longer than the grace time', async () => {
    const { blobs } = blockedBlobs();
    const registry = await runningRegistry();
    await registry.content.repositories.addBlob('org/app', digestOf(text));
    const stuck = await runningRegistry({
      content: { ...registry.content, blobs },
      limits: { closeGraceMs: 0 },
    });
    const response = await stuck.send(path);
    const read = response.text();
    await Promise.all([stuck.close(), expect(read).rejects.toThrow('terminated')]);
    expect(stuck.failures).toEqual([]);
  });

  test('does not wait for answers that come behind one that was cut off', async () => {
    const { blobs } = blockedBlobs();
    const registry = await runningRegistry();
    await registry.content.repositories.addBlob('org/app', digestOf(text));
    const stuck = await runningRegistry({ content: { ...registry.content, blobs } });
    const socket = await connected(stuck.port);
    const asked = [path, '/v2/', path, '/v2/_catalog'];
    socket.write(asked.map((name) => `GET ${name} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
    await once(socket, 'data');
    socket.destroy();
    await stuck.close();
    expect(stuck.records.map((record) => record.path).toSorted()).toEqual(asked.toSorted());
    expect(stuck.failures).toEqual([]);
  });

  test('cuts off an upload that does not go on, and removes it', async () => {
    const registry = await runningRegistry({ limits: { closeGraceMs: 0 } });
    const started = await registry.send('/v2/org/app/blobs/uploads/', { method: 'POST' });
    const upload = request(new URL(started.headers.get('location') ?? '', registry.origin), {
      method: 'PATCH',
      headers: { 'content-length': 1000 },
    });
    const failed = once(upload, 'error');
    upload.write('half');
    await untilBusy(registry, started.headers.get('location') ?? '');
    await registry.close();
    await failed;
    expect(registry.records.at(-1)).toMatchObject({ method: 'PATCH', status: 499, bytes: 0 });
  });

  test('twice is the same as once', async () => {
    const registry = await runningRegistry();
    await Promise.all([registry.close(), registry.close()]);
    expect(await registry.close()).toBeUndefined();
  });
});

/** One blob whose last piece comes when it is released. */
function blockedBlobs() {
  const blocked = Promise.withResolvers<void>();
  const blobs: BlobReader = {
    sizeOf: async () => await Promise.resolve(text.length),
    open: async (_, { signal } = {}) => {
      signal?.addEventListener('abort', () => blocked.reject(signal.reason));
      async function* content() {
        yield Buffer.from(text.slice(0, 5));
        yield Buffer.from(text.slice(5, 9));
        await blocked.promise;
        yield Buffer.from(text.slice(9));
      }
      return await Promise.resolve(content());
    },
  };
  return { blobs, release: blocked.resolve };
}
