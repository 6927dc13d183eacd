import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { digestOf } from '../../src/oci/digest.ts';
import type { BenchImage } from './image-set.ts';

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
  await send(`${url}/manifests/1`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body: new Uint8Array(image.manifest),
  });
}

/** What every contestant is asked for. */
export function imageReference(host: string, { name }: BenchImage): string {
  return `${host}/bench/${name}:1`;
}

async function pushBlob(
  url: string,
  { digest, size }: { readonly digest: string; readonly size: number },
  open: () => Readable,
): Promise<void> {
  const head = await fetch(`${url}/blobs/${digest}`, { method: 'HEAD' });
  if (head.ok) return;
  const started = await send(`${url}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', url);
  location.searchParams.set('digest', digest);
  const headers = { 'content-length': String(size), 'content-type': 'application/octet-stream' };
  await send(location.href, { method: 'PUT', headers, body: open(), duplex: 'half' });
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method} ${url}: ${response.status} ${text}`);
  return response;
}
