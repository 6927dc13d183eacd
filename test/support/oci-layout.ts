import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestHex } from '../../src/oci/digest.ts';
import type { ImageGraph } from '../../src/oci/image-graph.ts';
import { graphOf } from './sample-images.ts';
import type { MemoryBlobs } from './sample-images.ts';

/** Writes images as an OCI image layout, which skopeo reads as `oci:FOLDER:TAG`. */
export async function writeOciLayout(
  folder: string,
  blobs: MemoryBlobs,
  roots: Readonly<Record<string, Descriptor>>,
): Promise<void> {
  const blobFolder = join(folder, 'blobs', 'sha256');
  await mkdir(blobFolder, { recursive: true });
  const graphs: ImageGraph[] = await Promise.all(Object.values(roots).map((root) => graphOf(blobs, root)));
  for (const { descriptor } of graphs.flatMap((graph) => graph.blobs)) {
    await writeFile(join(blobFolder, digestHex(descriptor.digest)), blobs.get(descriptor.digest));
  }
  const manifests = Object.entries(roots).map(([tag, { mediaType, digest, size }]) => ({
    mediaType,
    digest,
    size,
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}
