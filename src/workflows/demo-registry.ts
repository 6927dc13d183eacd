import { join } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { walkImage } from '../oci/image-graph.ts';
import { onePiece } from '../oci/one-piece.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { createFolderRegistry } from '../registry-server/folder-registry.ts';
import type { FolderRegistry } from '../registry-server/folder-registry.ts';
import { publishImage } from '../registry-server/publish-image.ts';
import { startRegistryServer } from '../registry-server/start-registry-server.ts';
import type { RegistryServer } from '../registry-server/start-registry-server.ts';
import { demoImages } from './demo-images.ts';
import type { DemoImage } from './demo-images.ts';

/** The usual port; taken first, so that the demo's references are the same on most machines. */
const preferredPort = 5080;

/** Makes the demo's images and starts a registry on loopback that has them. Its blobs are files of the folder. */
export async function startDemoRegistry(folder: string): Promise<RegistryServer> {
  const content = createFolderRegistry(join(folder, 'registry'));
  for (const image of demoImages()) await publish(content, image);
  try {
    return await startRegistryServer({ content, port: preferredPort });
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.code !== 'PORT_UNAVAILABLE') throw error;
    return await startRegistryServer({ content });
  }
}

async function publish(content: FolderRegistry, image: DemoImage): Promise<void> {
  for (const part of [...image.blobs, ...image.manifests]) {
    await content.blobs.ingest(part.descriptor, onePiece(part.bytes));
  }
  const { repository, tag, root } = image;
  const fetch = async (descriptor: Descriptor): Promise<Uint8Array> =>
    await readWholeBlob(content.blobs, descriptor);
  const graph = await walkImage(repository, root, { fetch, platforms: undefined });
  await publishImage(content, graph, { repository, tag });
}
