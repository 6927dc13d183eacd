import type { IncomingMessage, ServerResponse } from 'node:http';

import { expect, onTestFinished } from 'vitest';

import type { BlobRange } from '../../src/oci/blob-access.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { startServer } from './loopback-server.ts';
import { pullingClient, readAll } from './pulling-client.ts';
import type { PullingClientOptions } from './pulling-client.ts';

/** What a server does with a request; `round` counts requests from 1. */
export type BlobBehaviour = (request: IncomingMessage, response: ServerResponse, round: number) => void;

/** Starts a registry with one blob and a mind of its own, and a client of it. */
export async function startBlobServer(
  content: Buffer,
  behave: BlobBehaviour,
  options: PullingClientOptions = {},
) {
  const blob = { digest: digestOf(content), size: content.length };
  let round = 0;
  const { host, requests } = await startServer((request, response) => {
    round += 1;
    behave(request, response, round);
  });
  const { client, retries, waits } = pullingClient(options);
  onTestFinished(() => expect(requests.every(({ headers }) => !headers.range?.endsWith('-'))).toBe(true));
  const blobs = client.blobs({ registry: host, repository: 'org/app' });
  const read = async (range?: BlobRange) => await readAll(await blobs.open(blob, { range }));
  return { host, requests, retries, waits, client, blob, blobs, read };
}

/** What a good server does. */
export function serveBlob(content: Buffer): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const [start, end] = askedRange(request, content.length);
    const isPart = request.headers.range !== undefined;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': end - start,
      ...(isPart ? { 'content-range': `bytes ${start}-${end - 1}/${content.length}` } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : content.subarray(start, end));
  };
}

/** Answers 200 with the beginning of the blob, then breaks the connection. */
export function cutBlob(content: Buffer): (response: ServerResponse, after: number) => void {
  return (response, after) => {
    response.writeHead(200, { 'content-length': content.length });
    if (after === 0) response.destroy();
    else response.write(content.subarray(0, after), () => response.destroy());
  };
}

/** First byte and the one after the last; all of the blob when the request has no range. */
export function askedRange(request: IncomingMessage, size: number): [number, number] {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  return match === null ? [0, size] : [Number(match[1]), Number(match[2]) + 1];
}
