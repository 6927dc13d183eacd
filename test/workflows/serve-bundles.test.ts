import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readFrameTable } from '../../src/bundle/frame-table.ts';
import { placeBlobs } from '../../src/bundle/tar-layout.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { serveBundles } from '../../src/workflows/serve-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { errorCodes } from '../support/running-registry.ts';
import {
  imageToBundle,
  memoryAccess,
  sampleBundle,
  sampleContent,
  writeSample,
} from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { squeezeSample } from '../support/sample-squeezed.ts';
import { bundleFile, servingBundles } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesHeldOpen } from './files-held-open.ts';

const sample = await sampleServedBundle();

const { app, amd64, local } = sample;

const servingSample = async () => await servingBundles([await bundleFile(sample.bytes)]);

/** The layer of an image that has one. */
function layerOf({ digest }: Descriptor): Descriptor {
  const manifest: { layers: (Descriptor | undefined)[] } = JSON.parse(String(sample.blobs.get(digest)));
  const [layer] = manifest.layers;
  if (layer === undefined) throw new Error('no layer');
  return layer;
}

/** A bundle with one small image. */
async function bundleOf(reference: string, content: string): Promise<{ bytes: Buffer; root: Descriptor }> {
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, content);
  const images = [imageToBundle(reference, await graphOf(blobs, root))];
  const { bytes } = await writeSample({ ...(await sampleContent(blobs)), images }, blobs);
  return { bytes, root };
}

test('a folder where layers of a squeezed bundle cannot be restored is told before anybody asks for one', async () => {
  const plain = await sampleBundle();
  const folder = join(await temporaryFolder(), 'none');
  const input = { restored: { folder, limit: 2 ** 30 } };
  const squeezed = await bundleFile((await squeezeSample(plain)).bytes);
  expect(await rejection(servingBundles([squeezed], input))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  // A plain one has no need of it.
  const { send } = await servingBundles([await bundleFile(plain.bytes)], input);
  expect((await send('/v2/')).status).toBe(200);
});

describe('blobs', () => {
  const layer = layerOf(amd64);
  const bytes = sample.blobs.get(layer.digest);
  const path = `/v2/ghcr.io/org/app/blobs/${layer.digest}`;

  test('are those of the bundle, whole and by their headers', async () => {
    const { send, stop } = await servingSample();
    const response = await send(path);
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    const head = await send(path, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
    expect(await stop()).toMatchObject({ requests: 2, bytes: bytes.length, failures: 0 });
  });

  test.each([
    [0, 0],
    [5, 300_000],
    [262_143, 262_144],
    [bytes.length - 3, bytes.length - 1],
  ])('from byte %i to %i are a part', async (first, last) => {
    const { send } = await servingSample();
    const response = await send(path, { headers: { range: `bytes=${first}-${last}` } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${first}-${last}/${bytes.length}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(first, last + 1))).toBe(true);
  });

  test('go to many clients at once', async () => {
    const { send, failures } = await servingSample();
    const answers = await Promise.all(
      Array.from({ length: 24 }, async () => Buffer.from(await (await send(path)).arrayBuffer())),
    );
    expect(answers.every((answer) => answer.equals(bytes))).toBe(true);
    expect(failures).toEqual([]);
  });

  test('of another repository are not found', async () => {
    const { send } = await servingSample();
    expect((await send(`/v2/library/nginx/blobs/${layer.digest}`)).status).toBe(404);
  });

  test('that nobody takes to the end do not keep the bundle open', async () => {
    const file = await bundleFile(sample.bytes);
    const { send, stop, failures } = await servingBundles([file]);
    const controller = new AbortController();
    await send(path, { signal: controller.signal });
    controller.abort();
    await stop();
    expect(await filesHeldOpen(file)).toBe(0);
    expect(failures).toEqual([]);
  });
});

test.each([
  ['POST', '/v2/org/app/blobs/uploads/'],
  ['PUT', '/v2/org/app/manifests/1.0'],
  ['DELETE', '/v2/org/app/manifests/1.0'],
  ['DELETE', `/v2/org/app/blobs/${layerOf(amd64).digest}`],
])('%s %s is refused: nothing is pushed into a bundle', async (method, path) => {
  const { send } = await servingSample();
  const response = await send(path, { method });
  expect(response.status).toBe(405);
  expect(await errorCodes(response)).toEqual(['UNSUPPORTED']);
});

test('what is served is told, with its names', async () => {
  const path = await bundleFile(sample.bytes);
  const { bundles, names, warnings } = await servingBundles([path]);
  expect(bundles).toEqual([
    { path, name: 'edge-demo', id: sample.plan.id, images: 4, charts: 1, companions: 4 },
  ]);
  expect(names.map(({ name, shortName }) => [name, shortName])).toEqual([
    ['charts.example.com/stable/thing:1.2.3_b5', 'stable/thing:1.2.3_b5'],
    ['docker.io/library/nginx:1.27', 'library/nginx:1.27'],
    ['ghcr.io/org/app:1.0', 'org/app:1.0'],
    ['localhost-5000/org/tool:2', 'org/tool:2'],
    [`quay.io/org/pinned@${local.digest}`, `org/pinned@${local.digest}`],
  ]);
  expect(warnings).toEqual([]);
});

describe('several bundles', () => {
  test('are one registry; the same file is served once', async () => {
    const other = await bundleOf('quay.io/team/other:3', 'other');
    const paths = [await bundleFile(sample.bytes), await bundleFile(other.bytes)];
    const { send, bundles } = await servingBundles([...paths, ...paths]);
    expect(bundles.map(({ path }) => path)).toEqual(paths);
    for (const [name, { digest }] of [
      ['org/app/manifests/1.0', app],
      ['quay.io/team/other/manifests/3', other.root],
    ] as const)
      expect((await send(`/v2/${name}`)).headers.get('docker-content-digest')).toBe(digest);
  });

  test('may have the same image', async () => {
    const same = await bundleOf('docker.io/library/one:1', 'one');
    const paths = [await bundleFile(same.bytes), await bundleFile(same.bytes)];
    const { names, send } = await servingBundles(paths);
    expect(names).toHaveLength(1);
    expect((await send('/v2/library/one/manifests/1')).status).toBe(200);
  });

  test('must not have two images of one tag', async () => {
    const [one, two] = [await bundleOf('nginx:1', 'one'), await bundleOf('nginx:1', 'two')];
    const paths = [await bundleFile(one.bytes, 'one.tar.zst'), await bundleFile(two.bytes, 'two.tar.zst')];
    const error = await rejection(servingBundles(paths));
    expect(error).toMatchObject({ code: 'TAG_CONFLICT', kind: 'usage' });
    for (const [index, { root }] of [one, two].entries())
      expect(error.message).toContain(`docker.io/library/nginx:1 in ${paths[index]} is ${root.digest}`);
    expect(await filesHeldOpen(paths[0] ?? '')).toBe(0);
  });

  test('with the same name in two registries have it with the registry only', async () => {
    const [one, two] = [await bundleOf('quay.io/org/x:1', 'one'), await bundleOf('ghcr.io/org/x:1', 'two')];
    const paths = [await bundleFile(one.bytes), await bundleFile(two.bytes)];
    const { send, warnings, names } = await servingBundles(paths);
    expect(warnings).toEqual([
      {
        code: 'SHORT_NAME_AMBIGUOUS',
        message: 'org/x is served under its full names only: ghcr.io/org/x, quay.io/org/x',
      },
    ]);
    expect(names.map(({ shortName }) => shortName)).toEqual([undefined, undefined]);
    expect((await send('/v2/org/x/manifests/1')).status).toBe(404);
    const found = await send('/v2/quay.io/org/x/manifests/1');
    expect(found.headers.get('docker-content-digest')).toBe(one.root.digest);
  });
});

/** The sample with a byte changed in the frame that holds a byte of a blob. */
async function damagedAt(digest: Digest, offset: number): Promise<Buffer> {
  const table = await readFrameTable(memoryAccess(sample.bytes), 'sample');
  const headSize = table[0]?.contentSize ?? 0;
  const { placed } = placeBlobs(sample.plan.inventory.blobs, headSize);
  let left = (placed.find(({ blob }) => blob.digest === digest)?.position ?? 0) + offset;
  const frame = table.find(({ contentSize }) => {
    left -= contentSize;
    return left < 0;
  });
  if (frame === undefined) throw new Error('no frame');
  const bytes = Buffer.from(sample.bytes);
  const middle = frame.position + Math.floor(frame.size / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return bytes;
}

describe('a damaged bundle', () => {
  const layer = layerOf(amd64);
  const path = `/v2/org/app/blobs/${layer.digest}`;

  test('gives a blob that is cut off, and never a wrong one', async () => {
    const file = await bundleFile(await damagedAt(layer.digest, 690_000));
    const { send, failures, warnings, stop } = await servingBundles([file]);
    expect(warnings).toEqual([]);
    const response = await send(path);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow('terminated');
    expect(failures).toMatchObject([{ code: 'BUNDLE_DAMAGED', kind: 'content' }]);
    const range = await send(path, { headers: { range: 'bytes=1000-699999' } });
    await expect(range.arrayBuffer()).rejects.toThrow('terminated');
    const whole = await send(path, { headers: { range: 'bytes=0-99999' } });
    const expected = sample.blobs.get(layer.digest).subarray(0, 100_000);
    expect(Buffer.from(await whole.arrayBuffer()).equals(expected)).toBe(true);
    expect(await stop()).toMatchObject({ failures: 2 });
  });

  test('answers 500 where the beginning is damaged', async () => {
    const file = await bundleFile(await damagedAt(layer.digest, 0));
    const { send, failures } = await servingBundles([file]);
    const response = await send(path);
    expect(response.status).toBe(500);
    expect(await errorCodes(response)).toEqual(['UNKNOWN']);
    expect(failures).toMatchObject([{ code: 'BUNDLE_DAMAGED' }]);
  });

  test('is served as far as its manifests can be read', async () => {
    const file = await bundleFile(await damagedAt(app.digest, 0));
    const other = await bundleOf('quay.io/team/other:3', 'other');
    const { send, warnings } = await servingBundles([file, await bundleFile(other.bytes)]);
    const told = warnings.map(({ code, message }) => `${code}: ${message}`);
    expect(told).toContainEqual(
      expect.stringMatching(/^IMAGE_DAMAGED: ghcr\.io\/org\/app:1\.0 in \S+ cannot be pulled as a whole: /),
    );
    expect((await send('/v2/org/app/manifests/1.0')).status).toBe(500);
    expect((await send('/v2/team/other/manifests/3')).status).toBe(200);
  });
});

test('listening beyond loopback is warned of', async () => {
  const file = await bundleFile(sample.bytes);
  const { warnings, host } = await servingBundles([file], { address: '0.0.0.0' });
  expect(warnings).toMatchObject([{ code: 'SERVED_TO_ALL', message: expect.stringContaining(host) }]);
});

test('a host name is listened on as the address that it has', async () => {
  const { warnings, host } = await servingBundles([await bundleFile(sample.bytes)], { address: 'localhost' });
  expect(host).toMatch(/^(?:127\.0\.0\.1|\[::1\]):\d+$/);
  expect(warnings).toEqual([]);
});

test('an interruption before anything is served is one', async () => {
  const file = await bundleFile(sample.bytes);
  const listener = {
    onStart: () => undefined,
    onRequest: () => undefined,
    onFailure: () => undefined,
    onStop: () => undefined,
  };
  const signal = AbortSignal.abort(new Error('interrupted'));
  const restored = { folder: tmpdir(), limit: 0 };
  const served = serveBundles({ paths: [file], address: '127.0.0.1', port: 0, restored }, listener, signal);
  await expect(served).rejects.toThrow('interrupted');
  expect(await filesHeldOpen(file)).toBe(0);
});

test.each([
  ['a missing file', undefined, 'FILE_NOT_FOUND'],
  ['no bundle', Buffer.from('text'), 'NOT_A_BUNDLE'],
])('%s is told, and the bundles before it are closed', async (_, bytes, code) => {
  const file = await bundleFile(sample.bytes);
  const other = bytes === undefined ? `${file}.missing` : await bundleFile(bytes);
  expect(await rejection(servingBundles([file, other]))).toMatchObject({ code });
  expect(await filesHeldOpen(file)).toBe(0);
});

test('standard input is told to be of no use: it is read once', async () => {
  expect(await rejection(servingBundles(['-']))).toMatchObject({ code: 'FILE_NEEDED', kind: 'usage' });
});
