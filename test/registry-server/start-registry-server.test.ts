import { once } from 'node:events';

import { describe, expect, test } from 'vitest';

import type { BlobReader } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { startRegistryServer } from '../../src/registry-server/start-registry-server.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { rejection } from '../support/rejection.ts';
import { runningRegistry, uploadBlob } from '../support/running-registry.ts';
import { connected } from './connected.ts';

const text = 'the quick brown fox';

const path = `/v2/org/app/blobs/${digestOf(text)}`;

describe('the port', () => {
  test('is free and on loopback unless one is asked for', async () => {
    const registry = await runningRegistry();
    expect(registry.host).toBe(`127.0.0.1:${registry.port}`);
    expect(registry.port).toBeGreaterThan(0);
    const port = Number((await unusedHost()).split(':')[1]);
    expect((await runningRegistry({ port })).host).toBe(`127.0.0.1:${port}`);
  });

  test('is on another address when one is named', async () => {
    const registry = await runningRegistry({ address: '127.0.0.2' });
    expect(registry).toMatchObject({ address: '127.0.0.2', host: `127.0.0.2:${registry.port}` });
    expect((await registry.send('/v2/')).status).toBe(200);
  });

  test.each([
    ['192.0.2.1', '192.0.2.1:5080'],
    ['2001:db8::1', '[2001:db8::1]:5080'],
  ])('is not on %s, which is no address of this machine', async (address, host) => {
    const { content } = await runningRegistry();
    const error = await rejection(startRegistryServer({ content, address, port: 5080 }));
    expect(error).toMatchObject({ code: 'PORT_UNAVAILABLE', kind: 'network' });
    expect(error.message).toContain(`cannot listen on ${host}: this machine has no such address`);
  });

  test('that is taken is told', async () => {
    const { port, content } = await runningRegistry();
    const error = await rejection(startRegistryServer({ content, port }));
    expect(error).toMatchObject({ code: 'PORT_UNAVAILABLE', kind: 'network' });
    expect(error.message).toContain(`127.0.0.1:${port}: another program listens there`);
  });

  test('whose name is nowhere is told', async () => {
    const { content } = await runningRegistry();
    // RFC 6761, 6.4.
    const error = await rejection(startRegistryServer({ content, address: 'nowhere.invalid' }));
    expect(error).toMatchObject({ code: 'PORT_UNAVAILABLE', kind: 'network' });
    expect(error.message).toMatch(
      /^cannot listen on nowhere\.invalid:0: (?:there is no host|the name cannot)/,
    );
  });
});

describe('limits', () => {
  test('headers of more than 16 KiB are refused', async () => {
    const { send } = await runningRegistry();
    const headers = { 'x-large': 'x'.repeat(17 * 1024) };
    expect((await send('/v2/', { headers })).status).toBe(431);
  });

  test('a client that is silent within its headers or its body is cut off', async () => {
    const { port } = await runningRegistry({ limits: { connectionIdleMs: 50 } });
    for (const beginning of [
      '',
      'GET /v2/ HTTP/1.1\r\nHost:',
      'PUT /v2/a/manifests/b HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{',
    ]) {
      const socket = await connected(port);
      const closed = once(socket, 'close');
      socket.resume().write(beginning);
      expect(await closed).toEqual([false]);
    }
  });

  test('a client that does not take what it asked for is cut off', async () => {
    const ended = Promise.withResolvers<number>();
    const { blobs, size } = endlessBlobs(ended.resolve);
    const registry = await runningRegistry();
    await registry.content.repositories.addBlob('org/app', digestOf(text));
    const { port } = await runningRegistry({
      content: { ...registry.content, blobs },
      limits: { connectionIdleMs: 300 },
    });
    const socket = await connected(port);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    // What the kernel holds for the connection, and not much more.
    expect(await ended.promise).toBeLessThan(size / 10);
  });

  test('more connections than allowed are refused', async () => {
    const { port } = await runningRegistry({ limits: { maximumConnections: 1 } });
    const first = await connected(port);
    const second = await connected(port);
    await once(second.resume(), 'close');
    first.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = await once(first, 'data');
    expect(String(answer)).toContain('200 OK');
  });
});

test('a blob that takes longer to store than a client may be silent is taken all the same', async () => {
  const registry = await runningRegistry();
  const stored = Promise.withResolvers<void>();
  const { content } = registry;
  const { send, port } = await runningRegistry({
    content: {
      ...content,
      pushed: {
        ...content.pushed,
        blobs: {
          ingest: async (blob, bytes, signal) => {
            await stored.promise;
            await content.blobs.ingest(blob, bytes, signal);
          },
        },
      },
    },
    limits: { connectionIdleMs: 300 },
  });
  const taken = uploadBlob({ send }, text);
  // Another client, silent for as long, is cut off meanwhile.
  const silent = await connected(port);
  await once(silent.resume(), 'close');
  const again = await connected(port);
  await once(again.resume(), 'close');
  stored.resolve();
  expect((await taken).digest).toBe(digestOf(text));
});

test('a client waits for content longer than it may be silent itself, before the first byte and between others', async () => {
  const registry = await runningRegistry();
  await registry.content.repositories.addBlob('org/app', digestOf(text));
  /** Another client, silent for as long as one may be, is cut off meanwhile. */
  const untilSilentIsCut = async (): Promise<void> => {
    const silent = await connected(patient.port);
    await once(silent.resume(), 'close');
  };
  async function* content() {
    for (const letter of ['the quick ', 'brown ', 'fox']) {
      await untilSilentIsCut();
      await untilSilentIsCut();
      yield Buffer.from(letter);
    }
  }
  const blobs: BlobReader = {
    sizeOf: async () => await Promise.resolve(text.length),
    open: async () => {
      await untilSilentIsCut();
      await untilSilentIsCut();
      return content();
    },
  };
  const patient = await runningRegistry({
    content: { ...registry.content, blobs },
    limits: { connectionIdleMs: 50 },
  });
  expect(await (await patient.send(path)).text()).toBe(text);
  expect(patient.failures).toEqual([]);
});

test('content that was opened for a client that is gone is let go', async () => {
  const registry = await runningRegistry();
  await registry.content.repositories.addBlob('org/app', digestOf(text));
  const asked = Promise.withResolvers<void>();
  const returned = Promise.withResolvers<string>();
  const content: AsyncIterator<Uint8Array> = {
    next: async () => await Promise.resolve({ value: Buffer.from(text) }),
    return: async () => {
      returned.resolve('let go');
      return await Promise.resolve({ done: true, value: undefined });
    },
  };
  const blobs: BlobReader = {
    sizeOf: async () => await Promise.resolve(text.length),
    open: async (_, { signal } = {}) => {
      asked.resolve();
      if (signal !== undefined) await once(signal, 'abort');
      return { [Symbol.asyncIterator]: () => content };
    },
  };
  const { port } = await runningRegistry({ content: { ...registry.content, blobs } });
  const socket = await connected(port);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await asked.promise;
  socket.destroy();
  expect(await returned.promise).toBe('let go');
});

test('every request is told when it is over, without its query', async () => {
  const registry = await runningRegistry();
  const blob = await uploadBlob(registry, text);
  await (await registry.send(`${path}?secret=1`)).text();
  await registry.send(path, { method: 'HEAD' });
  await (await registry.send(path, { headers: { range: 'bytes=0-3' } })).text();
  await (await registry.send('/v2/org/none/tags/list')).text();
  await registry.close();
  const [uploaded, ...asked] = registry.records;
  expect(uploaded).toEqual({ method: 'POST', path: '/v2/org/app/blobs/uploads/', status: 201, bytes: 0 });
  expect(asked.slice(0, 3)).toEqual([
    { method: 'GET', path, status: 200, bytes: blob.size },
    { method: 'HEAD', path, status: 200, bytes: 0 },
    { method: 'GET', path, status: 206, bytes: 4 },
  ]);
  expect(asked[3]).toMatchObject({ status: 404 });
  expect(asked[3]?.bytes).toBeGreaterThan(0);
});

/** A blob of 1 GiB. Tells how many of its bytes were taken when the reading of it ended. */
function endlessBlobs(onEnd: (taken: number) => void) {
  const size = 1024 ** 3;
  const piece = Buffer.alloc(256 * 1024);
  async function* content() {
    let taken = 0;
    try {
      for (; taken < size; taken += piece.length) yield await Promise.resolve(piece);
    } finally {
      onEnd(taken);
    }
  }
  const blobs: BlobReader = {
    sizeOf: async () => await Promise.resolve(size),
    open: async () => await Promise.resolve(content()),
  };
  return { blobs, size };
}
