import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { BundledBlob } from '../../src/bundle/inventory.ts';
import { chartMediaTypes } from '../../src/chart/chart-artifact.ts';
import type { BlobIdentity } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { extractAll } from '../../src/workflows/extract-all.ts';
import type { BundleSource } from '../../src/workflows/with-bundle-source.ts';
import { rejection } from '../support/rejection.ts';
import { piped, richBundle } from '../support/rich-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { bundle } = await richBundle();
const { inventory } = bundle.plan;
const options = {
  listener: { onStart: () => undefined, onBytes: () => undefined },
  signal: new AbortController().signal,
};

const archive = Buffer.from('an archive');
const archiveBlob: BundledBlob = {
  digest: digestOf(archive),
  size: archive.length,
  mediaType: chartMediaTypes.content,
  role: 'layer',
};

/** Made again when it is read: all of them together are large. */
function manifestOf(index: number, length: number): Buffer {
  const layers = [archiveBlob].map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  const annotations = { note: `${index}`.padEnd(length, '-') };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, config: layers[0], layers, annotations }));
}

/** A bundle of charts, each with any number of names; it counts what is opened. */
class ManyCharts {
  opened = 0;
  readonly source: BundleSource;
  readonly #numbers = new Map<Digest, number>();
  readonly #length: number;

  constructor({ charts, names, length }: { charts: number; names: number; length: number }) {
    this.#length = length;
    const roots = Array.from({ length: charts }, (_, index) => this.#root(index));
    const chart = inventory.charts.at(0);
    if (chart === undefined) throw new Error('the sample has a chart');
    this.source = {
      path: 'edge.tar.zst',
      id: bundle.plan.id,
      stored: {
        id: bundle.plan.id,
        inventoryBytes: Buffer.alloc(0),
        files: new Map(),
        blobs: [],
        longFrom: 0,
        squeezed: undefined,
      },
      inventory: {
        ...inventory,
        rawFiles: [],
        blobs: [...roots, archiveBlob],
        charts: roots.flatMap(({ digest }) => Array.from({ length: names }, () => ({ ...chart, digest }))),
      },
      inventoryBytes: Buffer.from('{}'),
      signature: undefined,
      signedBy: [],
      files: new Map(),
      sizeOf: async (digest) =>
        await Promise.resolve([...roots, archiveBlob].find((blob) => blob.digest === digest)?.size),
      open: async (blob) => await Promise.resolve(this.#open(blob)),
      blobs: (isWanted) => this.#blobs([...roots, archiveBlob].filter(({ digest }) => isWanted(digest))),
      require: async () => await Promise.resolve(),
      finish: async () => await Promise.resolve(),
    };
  }

  #root(index: number): BundledBlob {
    const bytes = manifestOf(index, this.#length);
    const digest = digestOf(bytes);
    this.#numbers.set(digest, index);
    return { digest, size: bytes.length, mediaType: mediaTypes.ociManifest, role: 'manifest' };
  }

  #open({ digest }: BlobIdentity): AsyncIterable<Uint8Array> {
    this.opened += 1;
    const index = this.#numbers.get(digest);
    return piped(index === undefined ? archive : manifestOf(index, this.#length));
  }

  async *#blobs(blobs: readonly BundledBlob[]) {
    for (const blob of blobs) yield await Promise.resolve({ blob, content: this.#open(blob) });
  }
}

test('the manifest of a chart is read once, whatever the number of its names', async () => {
  const folder = await temporaryFolder();
  const many = new ManyCharts({ charts: 2, names: 50, length: 10 });
  await extractAll(many.source, join(folder, 'all'), options);
  expect(await readdir(join(folder, 'all', 'charts'))).toHaveLength(100);
  // Both manifests, and then all three blobs.
  expect(many.opened).toBe(2 + 3);
});

test('manifests of charts that are too much for the memory are refused, and nothing is written', async () => {
  const folder = await temporaryFolder();
  const many = new ManyCharts({ charts: 70, names: 1, length: 4_000_000 });
  const error = await rejection(extractAll(many.source, join(folder, 'all'), options));
  expect(error).toMatchObject({ code: 'CHARTS_TOO_LARGE', kind: 'content' });
  expect(await readdir(folder)).toEqual([]);
});
