import { join } from 'node:path';
import { tmpdir } from 'node:os';

import { bareGraph } from '../../src/bundle/bare-graph.ts';
import type { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { readHeldImage } from '../../src/bundle/image-content.ts';
import { planSqueezedBundle } from '../../src/bundle/plan-squeezed-bundle.ts';
import type { LayerToSqueeze } from '../../src/bundle/plan-squeezed-bundle.ts';
import { rewriteImages } from '../../src/bundle/rewrite-images.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import { openSpillFile } from '../../src/workflows/spill-file.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { MemoryBlobs } from './sample-images.ts';

/** What stands for a layer in a squeezed bundle. */
export interface StandIn {
  readonly plain: Uint8Array;
  readonly recipe: Uint8Array;
}

/**
 * A squeezed bundle in which somebody has put something else in the place of each layer, and has made all digests, manifests and documents
 * right for that. Inventory and signature of the plain bundle stay: only what is restored can tell.
 *
 * @param forge gives what stands for a layer from what stood for it, and its gzip
 */
export async function forgedSqueezed(
  path: string,
  forge: (standIn: StandIn, gzip: Uint8Array) => StandIn,
): Promise<Buffer> {
  return await withBundle(path, async (reader) => {
    const { squeezed } = reader.stored;
    if (squeezed === undefined) throw new Error('it is not squeezed');
    const blobs = await storedBlobs(reader);
    const layers: LayerToSqueeze[] = [];
    for (const { digest, size, plain, recipe, encoder } of squeezed.layers) {
      const gzip = await readWholeBlob(reader, { digest, size });
      const forged = forge({ plain: blobs.get(plain), recipe: blobs.get(recipe) }, gzip);
      blobs.add(Buffer.from(forged.plain), '');
      const identity = { digest: digestOf(forged.plain), size: forged.plain.length };
      layers.push({ digest, size, plain: identity, recipe: forged.recipe, encoder });
    }
    const { inventory, inventoryBytes, signature, files } = reader;
    const plan = planSqueezedBundle({
      plain: { inventory, inventoryBytes, signature, files },
      writing: squeezed.plain,
      tool: squeezed.tool,
      layers,
      kept: squeezed.kept,
      long: [...new Set(layers.map(({ plain }) => plain.digest))],
      ...(await imagesOf(reader, layers)),
    });
    for (const bytes of plan.made.values()) blobs.add(Buffer.from(bytes), '');
    const written: Buffer[] = [];
    const { signal } = new AbortController();
    const createSpill = async () => await openSpillFile(join(tmpdir(), 'palette-edge-test-spill'));
    const long = { level: 3, frameContent: 2 ** 20, concurrency: 1, createSpill };
    await writeBundle(
      { plan, blobs, compressionLevel: 3, frameContent: squeezed.plain.frameContent, long, signal },
      { write: async (bytes) => await Promise.resolve(void written.push(Buffer.from(bytes))) },
    );
    return Buffer.concat(written);
  });
}

async function storedBlobs(reader: BundleReader): Promise<MemoryBlobs> {
  const blobs = new MemoryBlobs();
  for (const blob of reader.stored.blobs) blobs.add(Buffer.from(await readWholeBlob(reader, blob)), '');
  return blobs;
}

async function imagesOf(reader: BundleReader, layers: readonly LayerToSqueeze[]) {
  const { images } = reader.inventory;
  const plainOf = new Map(layers.map((layer) => [layer.digest, layer.plain]));
  const graphs = new Map();
  for (const image of images)
    graphs.set(image.digest, bareGraph((await readHeldImage(reader, image, undefined)).graph));
  const rewritten = await rewriteImages(images, {
    fetch: async (manifest) =>
      (await reader.sizeOf(manifest.digest)) === undefined
        ? undefined
        : await readWholeBlob(reader, manifest),
    plainOf: (layer) => plainOf.get(layer),
  });
  return { graphs, rewritten };
}
