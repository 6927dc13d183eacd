import type { HttpResponse } from '../http/http-response.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { sizeMismatch } from '../oci/verified-content.ts';
import { parseContentRange } from './content-range.ts';

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

function wholeBlob({ blob, side }: WantedPart, { headers }: HttpResponse): AnsweredPart {
  const length = contentLength(headers);
  if (length !== undefined && length !== blob.size) throw sizeMismatch(blob, String(length), side);
  return { start: 0, end: blob.size };
}

/** A 206; or a 416, whose only word is the blob's length. A multipart answer has no Content-Range of its own. */
function partOfBlob(
  { blob, side, offset }: WantedPart,
  { status, headers }: HttpResponse,
): AnsweredPart | undefined {
  const range = parseContentRange(headers['content-range']);
  if (range?.total !== undefined && range.total !== blob.size) {
    throw sizeMismatch(blob, String(range.total), side);
  }
  if (status !== 206 || range?.total === undefined) return undefined;
  const { start, last } = range;
  if (start !== offset || last === undefined || last >= blob.size) return undefined;
  const length = contentLength(headers);
  if (length !== undefined && length !== last + 1 - start) return undefined;
  return { start, end: last + 1 };
}

function contentLength(headers: HttpResponse['headers']): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
