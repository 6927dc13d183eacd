import type { IncomingMessage } from 'node:http';

import { refusal } from './api-error.ts';

/**
 * The body of a request, piece by piece. Leaving the iteration early does not close the connection: the client still
 * gets its answer.
 *
 * @param limit most bytes that are taken
 * @throws ApiError 413 `SIZE_INVALID` over the limit; an error of Node when the client goes away before the end
 */
export async function* requestBody(
  request: IncomingMessage,
  limit: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if ((contentLength(request) ?? 0) > limit) throw tooLarge(limit);
  const pieces: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  let size = 0;
  for await (const bytes of pieces) {
    size += bytes.length;
    if (size > limit) throw tooLarge(limit);
    yield bytes;
  }
}

/** The length that a request says its body has, in bytes; undefined for a body that is sent in chunks. */
export function contentLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  if (header !== undefined) return Number(header);
  return request.headers['transfer-encoding'] === undefined ? 0 : undefined;
}

function tooLarge(limit: number): Error {
  return refusal(413, 'SIZE_INVALID', `the body is larger than ${limit} bytes`);
}
