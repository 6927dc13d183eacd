import type { Readable } from 'node:stream';

/** Pushes a blob by plain requests, unless it is there. `url` is that of the repository: `http://HOST/v2/NAME`. */
export async function pushBlob(
  url: string,
  { digest, size }: { readonly digest: string; readonly size: number },
  open: () => Readable,
): Promise<void> {
  const head = await fetch(`${url}/blobs/${digest}`, { method: 'HEAD' });
  if (head.ok) return;
  const started = await sendRequest(`${url}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', url);
  location.searchParams.set('digest', digest);
  const headers = { 'content-length': String(size), 'content-type': 'application/octet-stream' };
  await sendRequest(location.href, { method: 'PUT', headers, body: open(), duplex: 'half' });
}

/** @throws Error with the answer's text, for any answer that is no success */
export async function sendRequest(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method} ${url}: ${response.status} ${text}`);
  return response;
}
