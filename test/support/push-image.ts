import type { Descriptor } from '../../src/oci/descriptor.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import type { MemoryBlobs } from './sample-images.ts';

/** Where images are pushed. */
export interface PushTarget {
  /** `http://127.0.0.1:5000`. */
  readonly origin: string;
  readonly repository: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Pushes an image with all it names by plain requests, independent of the client under test. */
export async function pushImage(
  target: PushTarget,
  blobs: MemoryBlobs,
  image: { readonly root: Descriptor; readonly tag: string },
): Promise<void> {
  const { root, tag } = image;
  const fetchBlob = async ({ digest }: Descriptor) => await Promise.resolve(blobs.get(digest));
  const graph = await walkImage('pushed', root, { fetch: fetchBlob, platforms: undefined });
  for (const { descriptor, role } of graph.blobs.toReversed()) {
    const bytes = blobs.get(descriptor.digest);
    if (role === 'config' || role === 'layer') await pushBlob(target, descriptor, bytes);
    else await pushManifest(target, descriptor, { name: descriptor.digest, bytes });
  }
  await pushManifest(target, root, { name: tag, bytes: blobs.get(root.digest) });
}

/** Uploads one blob: POST, then PUT. */
async function pushBlob(target: PushTarget, { digest }: Descriptor, bytes: Buffer): Promise<void> {
  const started = await send(target, 'blobs/uploads/', { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', target.origin);
  location.searchParams.set('digest', digest);
  await send(target, location, { method: 'PUT', body: new Uint8Array(bytes) });
}

async function pushManifest(
  target: PushTarget,
  { mediaType }: Descriptor,
  { name, bytes }: { name: string; bytes: Buffer },
): Promise<void> {
  await send(target, `manifests/${name}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: new Uint8Array(bytes),
  });
}

async function send(target: PushTarget, path: string | URL, init: RequestInit): Promise<Response> {
  const url = typeof path === 'string' ? `${target.origin}/v2/${target.repository}/${path}` : path;
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(target.headers ?? {})) headers.set(name, value);
  const response = await fetch(url, { ...init, headers });
  if (!response.ok) throw new Error(`${init.method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
