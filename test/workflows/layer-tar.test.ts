import { gzipSync, zstdCompressSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { TarError } from '../../src/io/tar-block.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { onePiece } from '../../src/oci/one-piece.ts';
import { verifiedContent } from '../../src/oci/verified-content.ts';
import { scanLayer } from '../../src/report/packages/scan-layer.ts';
import { layerTar } from '../../src/workflows/layer-tar.ts';
import { readToEnd } from '../../src/workflows/read-to-end.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';

const content = Buffer.concat([Buffer.from('a layer '), noise(300_000, 1)]);

async function read(bytes: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of layerTar(onePiece(bytes))) pieces.push(piece);
  return Buffer.concat(pieces);
}

test.each<[what: string, bytes: Uint8Array]>([
  ['gzip', gzipSync(content)],
  ['gzip of two members', Buffer.concat([gzipSync(content.subarray(0, 99)), gzipSync(content.subarray(99))])],
  ['Zstandard', zstdCompressSync(content)],
  [
    'Zstandard of several frames',
    Buffer.concat([zstdCompressSync(content.subarray(0, 99)), zstdCompressSync(content.subarray(99))]),
  ],
  ['neither', content],
])('a layer is decompressed that is %s', async (_, bytes) => {
  expect((await read(bytes)).equals(content)).toBe(true);
});

test.each<[what: string, bytes: Uint8Array]>([
  ['gzip is cut off', gzipSync(content).subarray(0, 1000)],
  ['gzip is damaged', Buffer.concat([gzipSync(content).subarray(0, 1000), content])],
  ['Zstandard is cut off', zstdCompressSync(content).subarray(0, 1000)],
  ['Zstandard has something behind it', Buffer.concat([zstdCompressSync(content), Buffer.from('something')])],
  ['Zstandard is damaged', Buffer.concat([zstdCompressSync(content).subarray(0, 100), content])],
])('a layer is told to be damaged whose %s', async (_, bytes) => {
  await expect(read(bytes)).rejects.toThrow(TarError);
});

test('nothing and some bytes are what they are', async () => {
  expect(await read(Buffer.alloc(0))).toHaveLength(0);
  expect(await read(Buffer.from([1, 2]))).toHaveLength(2);
});

test('a layer that is no tar is read to its end: other bytes than those of its digest are no warning', async () => {
  const scan = async (digest: ReturnType<typeof digestOf>) => {
    const verified = verifiedContent({ digest, size: content.length }, onePiece(content), 'reading');
    const { signal } = new AbortController();
    return await readToEnd(verified, async (pieces) => await scanLayer(layerTar(pieces), signal));
  };
  expect((await scan(digestOf(content))).problems).toHaveLength(1);
  expect(await rejection(scan(digestOf('other')))).toMatchObject({ code: 'DIGEST_MISMATCH' });
});
