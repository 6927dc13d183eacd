import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { newPartialPath, leftPath } from '../../src/store/partial-blobs.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pullBlobs } from '../../src/workflows/pull-blobs.ts';
import { askedRange, serveBlob } from '../support/blob-server.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { credentialsFor, pullingClient } from '../support/pulling-client.ts';
import type { PullingClientOptions } from '../support/pulling-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const content = randomBytes(2_000_000);
const half = content.length / 2;
const blob: Descriptor = {
  digest: digestOf(content),
  size: content.length,
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
};
const foreign = { ...blob, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' };
const serve = serveBlob(content);

test('a registry that fails in the middle is followed by the next one, from the byte reached', async () => {
  let sent = 0;
  const cutting = await startServer((request, response) => {
    const [start, end] = askedRange(request, content.length);
    sent += sendPart(response, { start, end, until: half });
  });
  const whole = await startServer((request, response) => {
    const [start, end] = askedRange(request, content.length);
    sent += sendPart(response, { start, end, until: end });
  });
  const { pull, store } = await puller();
  const { failed } = await pull(blob, [cutting.host, whole.host]);
  expect(failed.size).toBe(0);
  expect((await readWholeBlob(store, blob)).byteLength).toBe(content.length);
  expect(whole.requests.map(({ headers }) => headers.range)).toEqual([`bytes=${half}-${content.length - 1}`]);
  expect(sent / content.length).toBeLessThanOrEqual(1.02);
});

test('when every registry fails the first error is told, and what came stays for the next run', async () => {
  const cutting = await startServer((request, response) => {
    const [start, end] = askedRange(request, content.length);
    sendPart(response, { start, end, until: half });
  });
  const missing = await startServer((_, response) => response.writeHead(404).end());
  const { pull, store } = await puller();
  const { failed } = await pull(blob, [cutting.host, missing.host]);
  expect(failed.get(blob.digest)).toMatchObject({ code: 'CONNECTION_LOST', kind: 'network' });
  expect((await store.partialSizes()).get(blob.digest)).toBe(half);
  expect(await store.sizeOf(blob.digest)).toBeUndefined();
});

test('a registry whose places are all taken is asked after one that has some', async () => {
  const first = await startServer(serve);
  const held: ServerResponse[] = [];
  const other = Buffer.from('another blob');
  const { promise: isHeld, resolve } = Promise.withResolvers<void>();
  const busy = await startServer((_, response) => {
    held.push(response);
    resolve();
  });
  const { pull, client } = await puller({ concurrencyPerHost: 1 });
  const opening = client
    .blobs({ registry: busy.host, repository: 'org/app' })
    .open({ digest: digestOf(other), size: other.length });
  await isHeld;
  expect((await pull(blob, [busy.host, first.host])).failed.size).toBe(0);
  expect(busy.requests).toHaveLength(1);
  held[0]?.end(other);
  for await (const bytes of await opening) expect(bytes.length).toBe(other.length);
});

test('a registry that is known not to answer is not asked while another one has the blob', async () => {
  const dead = await unusedHost();
  const alive = await startServer(serve);
  const { client, pull } = await puller();
  expect((await pull({ ...blob, digest: digestOf('missing') }, [dead])).failed.size).toBe(1);
  expect(client.readiness({ registry: dead, repository: 'org/app' })).toBe('down');
  expect((await pull(blob, [dead, alive.host])).failed.size).toBe(0);
});

test('wrong bytes of an earlier run: gone on with, noticed, dropped, and pulled from the beginning', async () => {
  const { host, requests } = await startServer(serve);
  const { pull, store, folder } = await puller();
  await writeFile(leftPath(newPartialPath(folder, blob.digest)), Buffer.alloc(half, 'x'));
  expect((await pull(blob, [host])).failed.size).toBe(0);
  expect(requests.map(({ headers }) => headers.range)).toEqual([
    `bytes=${half}-${content.length - 1}`,
    undefined,
  ]);
  expect((await readWholeBlob(store, blob)).byteLength).toBe(content.length);
  expect(await readdir(join(folder, 'ingest'))).toEqual([]);
});

test('a registry with wrong bytes is asked twice, from zero; both digests are told and nothing is stored', async () => {
  const wrong = Buffer.alloc(content.length, 'x');
  const { host, requests } = await startServer(serveBlob(wrong));
  const { pull, store, folder } = await puller();
  const error = (await pull(blob, [host])).failed.get(blob.digest);
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', kind: 'content' });
  expect(error?.message).toContain(blob.digest);
  expect(error?.message).toContain(digestOf(wrong));
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  expect(await store.sizeOf(blob.digest)).toBeUndefined();
  expect(await readdir(join(folder, 'ingest'))).toEqual([]);
});

test('a registry with wrong bytes is followed by one with the right ones', async () => {
  const wrong = await startServer(serveBlob(Buffer.alloc(content.length, 'x')));
  const right = await startServer(serve);
  const { pull } = await puller();
  expect((await pull(blob, [wrong.host, right.host])).failed.size).toBe(0);
  expect(right.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
});

test('a layer that registries need not have comes from its links, without credentials, and resumes from one to the next', async () => {
  const registry = await startServer((_, response) => response.writeHead(404).end());
  const cutting = await startServer((request, response) => {
    const [start, end] = askedRange(request, content.length);
    sendPart(response, { start, end, until: half });
  });
  const whole = await startServer(serve);
  const { pull } = await puller({ credentials: credentialsFor(whole.host, 'user', 's3cret') });
  const urls = [`${cutting.origin}/layer`, `http://user:pass@${whole.host}/layer?signature=x`];
  expect((await pull({ ...foreign, urls }, [registry.host])).failed.size).toBe(0);
  expect(whole.requests).toHaveLength(1);
  expect(whole.requests[0]).toMatchObject({
    url: '/layer?signature=x',
    headers: { range: `bytes=${half}-${content.length - 1}` },
  });
  expect(whole.requests[0]?.headers.authorization).toBeUndefined();
});

test('links are used only when the registry has no such blob', async () => {
  const links = await startServer(serve);
  const urls = [links.origin];
  const having = await startServer(serve);
  const failing = await startServer((_, response) => response.writeHead(403).end());
  const { pull } = await puller();
  expect((await pull({ ...foreign, urls }, [having.host])).failed.size).toBe(0);
  const other = await puller();
  expect((await other.pull({ ...foreign, urls }, [failing.host])).failed.size).toBe(1);
  expect(links.requests).toHaveLength(0);
});

test('links of other blobs, and what is no web address, are not followed', async () => {
  const registry = await startServer((_, response) => response.writeHead(404).end());
  const links = await startServer(serve);
  const { pull } = await puller();
  const layer = (await pull({ ...blob, urls: [links.origin] }, [registry.host])).failed.get(blob.digest);
  expect(layer).toMatchObject({ code: 'BLOB_NOT_FOUND' });
  const odd = { ...foreign, urls: ['file:///etc/passwd', 'ftp://example.com/x', 'no address'] };
  expect((await pull(odd, [registry.host])).failed.get(blob.digest)).toMatchObject({
    code: 'BLOB_NOT_FOUND',
  });
  expect(links.requests).toHaveLength(0);
});

test('when links fail, too, every host is named with its reason; plain HTTP is refused where it was not allowed', async () => {
  const registry = await startServer((_, response) => response.writeHead(404).end());
  const gone = await startServer((_, response) => response.writeHead(404).end());
  const wrongSize = await startServer((_, response) => response.end('short'));
  const { pull } = await puller();
  const urls = [`${gone.origin}/a?signature=s3cret`, `${wrongSize.origin}/b`, 'http://plain.example/c'];
  const error = (await pull({ ...foreign, urls }, [registry.host])).failed.get(blob.digest);
  expect(error).toMatchObject({ code: 'FOREIGN_LAYER_UNAVAILABLE', kind: 'network' });
  for (const part of [
    gone.host,
    'answered 404',
    wrongSize.host,
    'wrong size',
    'plain.example',
    'not HTTPS',
  ]) {
    expect(error?.message).toContain(part);
  }
  expect(error?.suggestions).toContain('To allow it, add: --plain-http plain.example');
  expect(JSON.stringify(error)).not.toContain('s3cret');
});

/** Answers a range, and breaks the connection at a byte of the blob. @returns how many bytes were sent */
function sendPart(
  response: ServerResponse,
  { start, end, until }: { readonly start: number; readonly end: number; readonly until: number },
): number {
  const isPart = start > 0;
  response.writeHead(isPart ? 206 : 200, {
    'content-length': end - start,
    ...(isPart ? { 'content-range': `bytes ${start}-${end - 1}/${content.length}` } : {}),
  });
  const body = content.subarray(start, Math.min(end, Math.max(start, until)));
  if (start + body.length === end) response.end(body);
  else response.write(body, () => response.destroy());
  if (body.length === 0) response.destroy();
  return body.length;
}

async function puller(options: PullingClientOptions = {}) {
  const folder = await temporaryFolder();
  const store = await BlobStore.open(folder);
  const { client } = pullingClient(options);
  const reference = (registry: string) => ({ registry, repository: 'org/app', tag: '1' });
  const pull = async (wanted: Descriptor, [first, ...others]: readonly [string, ...string[]]) => {
    const repositories = [reference(first), ...others.map(reference)] as const;
    return await pullBlobs([{ blob: wanted, repositories }], {
      registry: client,
      store,
      concurrency: 6,
      signal: new AbortController().signal,
      listener: () => undefined,
      onBlob: () => undefined,
    });
  };
  return { folder, store, client, pull };
}
