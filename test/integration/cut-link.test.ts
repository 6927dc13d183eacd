import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { toDigest } from '../../src/oci/digest.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { askedRange } from '../support/blob-server.ts';
import { listen } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Sizes in bytes. */
interface Link {
  readonly size: number;
  readonly cutEvery: number;
  readonly concurrencyPerHost: number;
}

const block = randomBytes(1024 * 1024);

test.each<[string, Link]>([
  [
    '400 MB over connections cut every 20 MB, six side by side',
    { size: 400_000_000, cutEvery: 20_000_000, concurrencyPerHost: 6 },
  ],
  [
    '200 MB over connections cut every 10 MB, one after the other',
    { size: 200_000_000, cutEvery: 10_000_000, concurrencyPerHost: 1 },
  ],
])(
  'a blob of %s: at most 1.02 of its bytes are on the wire',
  async (_, link) => {
    const { size, cutEvery, concurrencyPerHost } = link;
    const { host, wire } = await startCutLink(link);
    const { client } = pullingClient({ concurrencyPerHost });
    const reader = client.blobs({ registry: host, repository: 'org/app' });
    const store = await BlobStore.open(await temporaryFolder());
    const blob = { digest: digestOfContent(size), size };
    const open = async (start: number) => await reader.open(blob, { range: { start } });
    expect(await store.ingestFrom(blob, open)).toEqual({ received: size, resumed: 0, reused: false });
    expect(wire.cuts).toBeGreaterThanOrEqual(size / cutEvery - concurrencyPerHost);
    expect(wire.bytes()).toBeGreaterThanOrEqual(size);
    expect(wire.bytes() / size).toBeLessThanOrEqual(1.02);
  },
  120_000,
);

/** A registry with one blob, whose connections break after so many bytes; it counts what it put on the wire. */
async function startCutLink({ size, cutEvery }: Link) {
  const sockets = new Set<Socket>();
  const wire = {
    cuts: 0,
    bytes: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
  };
  const server = createServer((request, response) => {
    const { socket } = request;
    sockets.add(socket);
    const [start, end] = askedRange(request, size);
    const isPart = request.headers.range !== undefined;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': end - start,
      ...(isPart ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
    });
    const onCut = (): void => void (wire.cuts += 1);
    void sendUntilCut(response, { start, end, cutAt: cutEvery, onCut });
  });
  const host = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host, wire };
}

interface Answer {
  readonly start: number;
  readonly end: number;
  /** How many bytes the connection carries, all its answers together. */
  readonly cutAt: number;
  readonly onCut: () => void;
}

async function sendUntilCut(response: ServerResponse, answer: Answer): Promise<void> {
  const { start, end, cutAt, onCut } = answer;
  const closed = once(response, 'close');
  for (let position = start; position < end && !response.destroyed;) {
    const left = cutAt - (response.socket?.bytesWritten ?? 0);
    if (left <= 0) {
      response.destroy();
      onCut();
      return;
    }
    const piece = contentFrom(position, Math.min(end - position, left));
    position += piece.length;
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
  }
  response.end();
}

/** The content never repeats: every block has its number at its beginning. */
function contentFrom(position: number, limit: number): Buffer {
  const number = Math.floor(position / block.length);
  const begin = position % block.length;
  const numbered = Buffer.from(block);
  numbered.writeUInt32BE(number, 0);
  return numbered.subarray(begin, Math.min(block.length, begin + limit));
}

function digestOfContent(size: number) {
  const hash = createHash('sha256');
  for (let position = 0; position < size;) {
    const piece = contentFrom(position, size - position);
    hash.update(piece);
    position += piece.length;
  }
  return toDigest(hash.digest('hex'));
}
