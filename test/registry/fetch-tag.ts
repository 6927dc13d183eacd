import type { ServerResponse } from 'node:http';

import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { RegistryClient } from '../../src/registry/registry-client.ts';

/** A manifest without layers. */
export const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 },
  layers: [],
});

/** Answers with {@link manifest}. */
export function sendManifest(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': mediaTypes.ociManifest, ...headers }).end(manifest);
}

/** Fetches the manifest of a tag of `org/app`. */
export async function fetchTag(client: RegistryClient, host: string, tag = '1') {
  return await client.fetchManifest({ registry: host, repository: 'org/app' }, { tag });
}

/** Fetches so many manifests at once, and tells what failed. */
export async function fetchMany(
  client: RegistryClient,
  host: string,
  count: number,
): Promise<PaletteEdgeError[]> {
  const fetching = Array.from(
    { length: count },
    async (_, index) => await fetchTag(client, host, `v${index}`),
  );
  const ended = await Promise.allSettled(fetching);
  return ended.flatMap((one): PaletteEdgeError[] => {
    if (one.status === 'fulfilled') return [];
    if (one.reason instanceof PaletteEdgeError) return [one.reason];
    throw one.reason;
  });
}
