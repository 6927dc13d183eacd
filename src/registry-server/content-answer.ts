import type { BlobRange } from '../oci/blob-access.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { emptyAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';

/** The answer with the bytes of a blob or manifest, or 304 when the client has them. */
export function contentAnswer(call: ApiCall, content: Descriptor): Answer {
  const tag = entityTag(content.digest);
  if (isNamedBy(call.request.headers['if-none-match'], tag)) {
    return { status: 304, headers: { etag: tag, 'docker-content-digest': content.digest } };
  }
  return {
    status: 200,
    headers: { ...contentHeaders(content), 'content-length': String(content.size) },
    body: opener(call, content),
  };
}

/** The answer with a part of a blob (RFC 9110, 15.3.7). */
export function partAnswer(call: ApiCall, content: Descriptor, range: Required<BlobRange>): Answer {
  const { start, end } = range;
  return {
    status: 206,
    headers: {
      ...contentHeaders(content),
      'content-range': `bytes ${start}-${end - 1}/${content.size}`,
      'content-length': String(end - start),
    },
    body: opener(call, content, range),
  };
}

/** The answer to a range that begins behind the end (RFC 9110, 15.5.17). */
export function noSuchPartAnswer(content: Descriptor): Answer {
  return emptyAnswer(416, { 'content-range': `bytes */${content.size}` });
}

/** The strong entity tag of content: its digest (RFC 9110, 8.8.3). */
export function entityTag(digest: Digest): string {
  return `"${digest}"`;
}

/** RFC 9110, 13.1.2: compared weakly; `*` names whatever is there. */
function isNamedBy(header: string | undefined, tag: string): boolean {
  const named = header?.split(',').map((item) => item.trim().replace(/^W\//, '')) ?? [];
  return named.includes(tag) || named.includes('*');
}

function contentHeaders({ digest, mediaType }: Descriptor): Record<string, string> {
  return { 'content-type': mediaType, 'docker-content-digest': digest, etag: entityTag(digest) };
}

function opener(
  { content: { blobs }, signal }: ApiCall,
  blob: Descriptor,
  range?: BlobRange,
): Answer['body'] {
  return async () => await blobs.open(blob, { range, signal });
}
