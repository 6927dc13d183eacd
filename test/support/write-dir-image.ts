import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { digestHex, digestOf } from '../../src/oci/digest.ts';

/** Writes an image of one layer, a tar that is not compressed, in a new folder with skopeo's own layout: skopeo reads it as `dir:FOLDER`. */
export async function writeDirImage(folder: string, layer: Uint8Array): Promise<void> {
  const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs }));
  const descriptor = (kind: string, bytes: Uint8Array) => ({
    mediaType: `application/vnd.oci.image.${kind}`,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('config.v1+json', config),
    layers: [descriptor('layer.v1.tar', layer)],
  };
  await mkdir(folder);
  await writeFile(join(folder, 'version'), 'Directory Transport Version: 1.1\n');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(folder, digestHex(digestOf(config))), config);
  await writeFile(join(folder, digestHex(digestOf(layer))), layer);
}
