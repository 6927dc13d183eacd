import type { HttpResponse } from '../http/http-response.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { sizeMismatch } from '../oci/verified-content.ts';
import { parseContentRange } from './content-range.ts';
import type { ContentRange } from './content-range.ts';

/** The bytes of a blob that a request is for. */
export interface WantedPart {
  readonly blob: BlobIdentity;
  /** The side for messages: `reading from ghcr.io/org/app`. */
  readonly side: string;
  /** First byte wanted. */
  readonly offset: number;
}

/** The bytes of a blob that an answer promises. */
export interface AnsweredPart {
  /** Where its body begins. */
  readonly start: number;
  /** The byte after the last one that it promises. */
  readonly end: number;
  /** Whether the blob is what the body is once its encoding is undone. */
  readonly isEncoded: boolean;
}

/**
 * Decides from the head of an answer which part of the blob its body is (RFC 9110, 14.4 and 15.3.7). Nothing that a
 * server says is believed when it contradicts itself: a resume in the wrong place would only show in the digest, at the end.
 *
 * @returns undefined when the body is of no use
 * @throws PaletteEdgeError `SIZE_MISMATCH` when the server has another length than the blob
 */
export function readBlobAnswer(wanted: WantedPart, response: HttpResponse): AnsweredPart | undefined {
  return response.status === 200 ? wholeBlob(wanted, response) : partOfBlob(wanted, response);
}

/** Storage claims the encoding of blobs that are compressed by themselves: then the length is the blob's. */
function wholeBlob({ blob, side }: WantedPart, { headers, encoding }: HttpResponse): AnsweredPart {
  const length = contentLength(headers);
  const isEncoded = encoding !== undefined && length !== blob.size;
  if (!isEncoded && length !== undefined && length !== blob.size) {
    throw sizeMismatch(blob, String(length), side);
  }
  return { start: 0, end: blob.size, isEncoded };
}

/** A 206; or a 416, whose only word is the blob's length. A multipart answer has no Content-Range of its own. */
function partOfBlob(
  { blob, side, offset }: WantedPart,
  { status, headers, encoding }: HttpResponse,
): AnsweredPart | undefined {
  const range = parseContentRange(headers['content-range']);
  if (range?.total === undefined) return undefined;
  if (range.total !== blob.size) {
    // A range of what was compressed on the way is nothing to go on with.
    if (encoding !== undefined) return undefined;
    throw sizeMismatch(blob, String(range.total), side);
  }
  if (status !== 206 || range.start !== offset) return undefined;
  const end = endOf(range, headers);
  return end === undefined || end > blob.size ? undefined : { start: offset, end, isEncoded: false };
}

/** The byte after the last one of a range, unless the length of the body says otherwise. */
function endOf({ start, last }: ContentRange, headers: HttpResponse['headers']): number | undefined {
  if (start === undefined || last === undefined) return undefined;
  const length = contentLength(headers);
  return length === undefined || start + length === last + 1 ? last + 1 : undefined;
}

function contentLength(headers: HttpResponse['headers']): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
