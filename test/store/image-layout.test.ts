import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { mediaTypes } from '../../src/oci/media-types.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { requireTool } from '../support/required-tools.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { allBytes } from './seeded-blob.ts';

const run = promisify(execFile);

test('umoci and skopeo read a store, and what skopeo puts in is in the store', async () => {
  const folder = await temporaryFolder();
  const [layout, other] = [join(folder, 'store'), join(folder, 'other')];
  const store = await BlobStore.open(layout);
  expect((await run(requireTool('umoci'), ['ls', '--layout', layout])).stdout).toBe('');

  const blobs = new MemoryBlobs();
  const image = addImage(blobs, 'hello');
  const graph = await graphOf(blobs, image);
  for (const { descriptor } of graph.blobs) await store.ingest(descriptor, await blobs.open(descriptor));
  await writeFile(join(layout, 'index.json'), indexOf(image));

  expect((await run(requireTool('umoci'), ['ls', '--layout', layout])).stdout).toBe('sample\n');
  const unpack = ['unpack', '--rootless', '--image', `${layout}:sample`, join(folder, 'unpacked')];
  await run(requireTool('umoci'), unpack);
  expect(await readFile(join(folder, 'unpacked/rootfs/hello'), 'utf8')).toBe('hello');
  const copy = ['copy', '--quiet', '--insecure-policy'];
  await run(requireTool('skopeo'), [...copy, `oci:${layout}:sample`, `dir:${other}`]);
  const manifest = await readFile(join(other, 'manifest.json'));
  expect(manifest.equals(blobs.get(image.digest))).toBe(true);

  const second = await BlobStore.open(join(folder, 'second'));
  await run(requireTool('skopeo'), [...copy, `dir:${other}`, `oci:${second.folder}:copied`]);
  for (const { descriptor } of graph.blobs) {
    const stored = await allBytes(await second.open(descriptor));
    expect(stored.equals(blobs.get(descriptor.digest))).toBe(true);
  }
  await BlobStore.open(second.folder);
  expect((await run(requireTool('umoci'), ['ls', '--layout', second.folder])).stdout).toBe('copied\n');
});

function indexOf({ digest, size }: { readonly digest: string; readonly size: number }): string {
  const annotations = { 'org.opencontainers.image.ref.name': 'sample' };
  const manifests = [{ mediaType: mediaTypes.ociManifest, digest, size, annotations }];
  return JSON.stringify({ schemaVersion: 2, manifests });
}
