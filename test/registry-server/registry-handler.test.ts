import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import type { BlobReader } from '../../src/oci/blob-access.ts';
import { digestHex } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { createFolderRegistry } from '../../src/registry-server/folder-registry.ts';
import { createRegistryHandler } from '../../src/registry-server/registry-handler.ts';
import { publishImage } from '../../src/registry-server/publish-image.ts';
import { startServer } from '../support/loopback-server.ts';
import { credentialsFor, pullingClient } from '../support/pulling-client.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { errorCodes, runningRegistry, uploadBlob } from '../support/running-registry.ts';
import type { RunningRegistry } from '../support/running-registry.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

describe('failures of the registry itself', () => {
  test('are told to its owner; the client gets no details', async () => {
    const registry = await runningRegistry();
    const blob = await uploadBlob(registry, 'text');
    const path = storedPath(registry, blob.digest);
    // A file where a folder should be.
    await rm(join(registry.folder, 'registry/blobs'), { recursive: true });
    await writeFile(join(registry.folder, 'registry/blobs'), '');
    const response = await registry.send(`/v2/org/app/blobs/${blob.digest}`);
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(JSON.parse(body)).toEqual({ errors: [{ code: 'UNKNOWN', message: 'the registry failed' }] });
    expect(registry.failures.map(everythingShown).join()).toContain(path);
  });

  test('a blob that was damaged is never sent as if it were whole', async () => {
    const registry = await runningRegistry();
    const content = Buffer.alloc(1_000_000, 'x');
    const blob = await uploadBlob(registry, content);
    content.write('y', 999_999);
    await writeFile(storedPath(registry, blob.digest), content);
    const response = await registry.send(`/v2/org/app/blobs/${blob.digest}`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(registry.failures).toMatchObject([{ code: 'DIGEST_MISMATCH' }]);
  });

  test('a blob that lost its end is a failure, not a short blob', async () => {
    const registry = await runningRegistry();
    const blob = await uploadBlob(registry, 'text');
    const blobs: BlobReader = {
      sizeOf: async () => await Promise.resolve(blob.size + 1),
      open: async (identity, options) => await registry.content.blobs.open(identity, options),
    };
    const changed = await runningRegistry({ content: { ...registry.content, blobs } });
    expect((await changed.send(`/v2/org/app/blobs/${blob.digest}`)).status).toBe(500);
    expect(changed.failures).toMatchObject([{ code: 'SIZE_MISMATCH' }]);
  });
});

describe('a login', () => {
  const login = { username: 'user', password: 's3cret:pass' };
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  test.each([
    undefined,
    '',
    'Basic',
    'Basic !',
    basic('user:s3cret'),
    basic('user:s3cret:pass2'),
    basic('other:s3cret:pass'),
    basic(':'),
    `Bearer ${Buffer.from('user:s3cret:pass').toString('base64')}`,
  ])('is asked for when the client sends %s', async (authorization) => {
    const registry = await runningRegistry({ login });
    for (const [method, path] of [
      ['GET', '/v2/'],
      ['GET', '/v2/_catalog'],
      ['GET', '/nothing'],
      ['POST', '/v2/org/app/blobs/uploads/'],
    ] as const) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const response = await registry.send(path, { method, headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Basic realm="palette-edge", charset="UTF-8"');
      expect(await errorCodes(response)).toEqual(['UNAUTHORIZED']);
    }
  });

  test.each([basic('user:s3cret:pass'), basic('user:s3cret:pass').replace('Basic', 'basic')])(
    'is taken: %s',
    async (authorization) => {
      const registry = await runningRegistry({ login });
      expect((await registry.send('/v2/', { headers: { authorization } })).status).toBe(200);
    },
  );

  test('is what our client answers with', async () => {
    const registry = await runningRegistry({ login });
    const reference = parseReference(`${registry.host}/org/app:1`);
    const right = pullingClient({ credentials: credentialsFor(registry.host, 'user', 's3cret:pass') });
    expect(await rejection(right.client.resolve(reference))).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    const wrong = pullingClient({ credentials: credentialsFor(registry.host, 'user', 'wrong') });
    expect(await rejection(wrong.client.resolve(reference))).toMatchObject({ code: 'ACCESS_DENIED' });
  });
});

describe('without a server of its own', () => {
  test('a handler serves over TLS', async () => {
    const tls = await makeTlsFiles(await temporaryFolder());
    const content = createFolderRegistry(await temporaryFolder());
    const images = new MemoryBlobs();
    const root = addImage(images, 'x');
    await publishImage({ blobs: images, repositories: content.repositories }, await graphOf(images, root), {
      repository: 'org/app',
      tag: '1',
    });
    const handler = createRegistryHandler({ content: { ...content, blobs: images } });
    const [key, cert] = [await readFile(tls.keyPath), await readFile(tls.certificatePath)];
    const { host } = await startServer(handler.listener, { key, cert });
    const caCertificates = [{ name: 'ca.pem', pem: tls.caPem }];
    const { client } = pullingClient({ http: { plainHttpHosts: new Set(), caCertificates } });
    expect((await client.resolve(parseReference(`${host}/org/app:1`))).digest).toBe(root.digest);
    await handler.close();
  });

  test('a closed handler answers nothing more', async () => {
    const handler = createRegistryHandler({ content: createFolderRegistry(await temporaryFolder()) });
    const { origin } = await startServer(handler.listener);
    await handler.close();
    expect((await fetch(`${origin}/v2/`)).status).toBe(503);
  });
});

describe('on one connection', () => {
  test('requests that come before their turn are answered in order', async () => {
    const registry = await runningRegistry();
    const blob = await uploadBlob(registry, 'text');
    const asked = Array.from({ length: 30 }, (_, turn) =>
      turn % 2 === 0
        ? 'GET /v2/_catalog HTTP/1.1\r\nHost: x\r\n\r\n'
        : `GET /v2/org/app/blobs/${blob.digest} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    const answers = await exchange(registry.port, `${asked.join('')}GET /end HTTP/1.0\r\n\r\n`);
    expect(answers.match(/HTTP\/1.1 \d{3}/g)).toHaveLength(31);
    expect(answers.match(/\{"repositories":\["org\/app"\]\}|\r\ntext/g)?.join()).toMatch(
      /^(?:\{"repositories":\["org\/app"\]\},\r\ntext,?){15}$/,
    );
  });

  test('one blob is open at a time, however many are asked for, and however slowly they are taken', async () => {
    const registry = await runningRegistry();
    const blob = await uploadBlob(registry, Buffer.alloc(500_000, 'x'));
    const open = { now: 0, most: 0 };
    const { port } = await runningRegistry({
      content: { ...registry.content, blobs: counted(registry, open) },
    });
    const asked = `GET /v2/org/app/blobs/${blob.digest} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(50);
    const answers = await exchange(port, `${asked}GET /end HTTP/1.0\r\n\r\n`);
    expect(answers.match(/HTTP\/1.1 200/g)).toHaveLength(50);
    expect(open).toEqual({ now: 0, most: 1 });
  });

  test('more requests than any client sends ahead cut it off, and the others are served', async () => {
    const registry = await runningRegistry();
    const asked = 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000);
    await exchange(registry.port, asked).catch(() => undefined);
    expect((await registry.send('/v2/')).status).toBe(200);
    expect(registry.records.filter(({ status }) => status === 200).length).toBeLessThan(200);
    expect(registry.failures).toEqual([]);
  });

  test('a request behind one whose body was refused is answered', async () => {
    const { port } = await runningRegistry();
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const refused = `PUT /v2/org/app/manifests/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const next = 'GET /v2/ HTTP/1.0\r\n\r\n';
    const answers = await exchange(port, `${refused}${chunk.repeat(100)}0\r\n\r\n${next}`);
    expect(answers.match(/HTTP\/1.1 \d{3}/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  test('the server may be named in the target', async () => {
    const { port } = await runningRegistry();
    const answer = await exchange(port, 'GET http://registry.example/v2/?n=1 HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200/);
  });
});

function storedPath({ folder }: RunningRegistry, digest: Parameters<typeof digestHex>[0]): string {
  return join(folder, 'registry/blobs/sha256', digestHex(digest));
}

/** The blobs of a registry; how many of them are open is counted. */
function counted({ content: { blobs } }: RunningRegistry, open: { now: number; most: number }): BlobReader {
  return {
    sizeOf: async (digest) => await blobs.sizeOf(digest),
    open: async (blob, options) => {
      open.now += 1;
      open.most = Math.max(open.most, open.now);
      const content = await blobs.open(blob, options);
      return (async function* () {
        try {
          yield* content;
        } finally {
          open.now -= 1;
        }
      })();
    },
  };
}

/** Sends bytes as they are and gives all that comes back until the server ends the connection. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(bytes);
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  return answer;
}

describe('health', () => {
  test('is told to whoever asks, without a login', async () => {
    const registry = await runningRegistry({ login: { username: 'edge', password: 's3cret' } });
    const response = await registry.send('/healthz?full=1');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'serving' });
    const head = await registry.send('/healthz', { method: 'HEAD' });
    expect({ status: head.status, body: await head.text() }).toEqual({ status: 200, body: '' });
    expect(registry.records.map(({ path, status }) => [path, status])).toEqual([
      ['/healthz', 200],
      ['/healthz', 200],
    ]);
  });

  test('has no other methods and no other paths, and opens nothing else', async () => {
    const registry = await runningRegistry({ login: { username: 'edge', password: 's3cret' } });
    for (const [path, method] of [
      ['/healthz', 'POST'],
      ['/healthz/', 'GET'],
      ['/healthz/../v2/_catalog', 'GET'],
      ['/v2/healthz', 'GET'],
    ] as const)
      expect((await registry.send(path, { method })).status, `${method} ${path}`).toBe(401);
  });
});
