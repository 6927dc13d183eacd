import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { digestOf } from '../../src/oci/digest.ts';
import type { BenchImage } from './image-set.ts';
import { pushBlob, sendRequest } from '../../test/support/push-blob.ts';

/** Where images of the set are pushed. */
export interface PushPlace {
  /** HOST:PORT, plain HTTP. */
  readonly host: string;
  /** The folder of blobs by digest. */
  readonly blobs: string;
}

/** Pushes an image and moves the tag `1` to it; blobs that the repository has are not sent again. */
export async function pushImage({ host, blobs }: PushPlace, image: BenchImage): Promise<void> {
  const url = `http://${host}/v2/bench/${image.name}`;
  for (const { digest, size } of image.layers) {
    await pushBlob(url, { digest, size }, () => createReadStream(join(blobs, digest)));
  }
  const config = { digest: digestOf(image.config), size: image.config.length };
  await pushBlob(url, config, () => Readable.from([image.config]));
  await sendRequest(`${url}/manifests/1`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body: new Uint8Array(image.manifest),
  });
}

/** What every contestant is asked for. */
export function imageReference(host: string, { name }: BenchImage): string {
  return `${host}/bench/${name}:1`;
}
