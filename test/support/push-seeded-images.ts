import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

import { layerContent, layerDigest } from './seeded-images.ts';
import type { SeededImage, SeededLayer } from './seeded-images.ts';
import { pushBlob, sendRequest } from './push-blob.ts';

/** Where a pushed layer is. */
export interface PushedLayer {
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
}

/** Pushes images by plain requests. @returns their references, and every layer once */
export async function pushSeededImages(
  host: string,
  images: readonly SeededImage[],
): Promise<{ references: string[]; layers: PushedLayer[] }> {
  const pushed = new Map<string, PushedLayer>();
  const references: string[] = [];
  for (const { name, layers } of images) {
    const url = `http://${host}/v2/${name}`;
    const descriptors = [];
    for (const layer of layers) {
      const digest = `sha256:${layerDigest(layer)}`;
      await pushBlob(url, { digest, size: layer.size }, () => Readable.from(layerContent(layer)));
      if (!pushed.has(digest)) pushed.set(digest, { repository: name, digest, size: layer.size });
      descriptors.push({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest,
        size: layer.size,
      });
    }
    const config = Buffer.from(configOf(layers));
    const configDigest = digestOf(config);
    await pushBlob(url, { digest: configDigest, size: config.length }, () => Readable.from([config]));
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: configDigest,
        size: config.length,
      },
      layers: descriptors,
    });
    await sendRequest(`${url}/manifests/1`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: manifest,
    });
    references.push(`${host}/${name}:1`);
  }
  return { references, layers: [...pushed.values()] };
}

function configOf(layers: readonly SeededLayer[]): string {
  const diffIds = layers.map(({ seed }) => digestOf(Buffer.from(seed)));
  return JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
