import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * Where an upload goes on: the `Location` of an answer as it is, which may be relative (distribution-spec 1.1, "Pushing blobs").
 *
 * @param before where it went on until now; undefined when there was no such place
 * @param subject what is uploaded, for messages
 * @throws PaletteEdgeError `UPLOAD_INVALID` (kind network) when there is none, or it is no URL
 */
export function uploadLocation(
  { headers, url }: Pick<HttpResponse, 'headers' | 'url'>,
  before: URL | undefined,
  subject: string,
): URL {
  const { location } = headers;
  if (location === undefined && before !== undefined) return before;
  if (location === undefined || !URL.canParse(location, url.href)) {
    const reason = location === undefined ? 'without a Location' : 'with a Location that is no URL';
    throw new PaletteEdgeError('UPLOAD_INVALID', `${subject}: ${url.host} began an upload ${reason}`, {
      kind: 'network',
    });
  }
  const next = new URL(location, url);
  next.username = '';
  next.password = '';
  return next;
}

/** The URL that ends an upload. The query is kept as it is, letter by letter: it may be signed. */
export function endOfUpload(location: URL, digest: Digest): URL {
  const url = new URL(location);
  const digestParameter = `digest=${encodeURIComponent(digest)}`;
  url.search = url.search === '' ? digestParameter : `${url.search}&${digestParameter}`;
  return url;
}

/**
 * How many bytes of an upload a registry has, by the `Range` of its answer ("Pushing a blob in chunks"). `0-0` is said of none
 * as well as of one.
 *
 * @returns undefined when it does not tell
 */
export function receivedBytes(headers: HttpResponse['headers']): number | undefined {
  const [, last] = /^(?:bytes=)?0-([0-9]{1,15})$/.exec(headers['range']?.trim() ?? '') ?? [];
  return last === undefined || last === '0' ? undefined : Number(last) + 1;
}
