import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import type { RetryBudget } from '../http/retry-budget.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { sizeMismatch } from '../oci/verified-content.ts';
import { parseContentRange } from './content-range.ts';

/** A download of a blob or of a part of it. */
export interface BlobDownload {
  readonly blob: BlobIdentity;
  /** First byte wanted; before `end`, except in an empty blob. */
  readonly start: number;
  /** The byte after the last one wanted; at most the blob's size. */
  readonly end: number;
  /** The side for messages: `reading from ghcr.io/org/app`. */
  readonly side: string;
  /**
   * Asks the registry once, from its own URL on: redirect targets expire. `range` is the value of a Range header.
   * Answers with status 200, 206 or 416; throws for any other.
   */
  readonly request: (range: string | undefined) => Promise<HttpResponse>;
  readonly budget: RetryBudget;
}

/**
 * The bytes from `start` to `end`, whatever the connection does: after a loss it goes on from the last byte with a
 * closed Range request, within the retry budget, which starts anew with every byte received.
 *
 * Lengths are checked, digests are not.
 *
 * @throws PaletteEdgeError `SIZE_MISMATCH` (kind content) when the server has another length than the blob; what
 *   `request` throws when the budget is spent
 */
export async function* downloadBlob(download: BlobDownload): AsyncGenerator<Uint8Array, void, undefined> {
  const position: Position = { offset: download.start, useRange: true };
  const { budget } = download;
  for (;;) {
    try {
      for await (const bytes of attempt(download, position)) {
        position.offset += bytes.length;
        budget.reset();
        yield bytes;
      }
      if (position.offset === download.end) return;
    } catch (error) {
      if (error instanceof PaletteEdgeError && error.kind === 'content') throw error;
      if (position.offset === download.end && download.end > download.start) return;
      await budget.spend(error);
    }
  }
}

/** Where a download is. */
interface Position {
  offset: number;
  /** Off after an answer that shows that the server does not understand Range. */
  useRange: boolean;
}

/** One request and its body, from the position on. Ends early, without an error, when the server sends short ranges. */
async function* attempt(
  download: BlobDownload,
  position: Position,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { blob, end } = download;
  const { offset } = position;
  const isWhole = offset === 0 && end === blob.size;
  const range = isWhole || !position.useRange ? undefined : `bytes=${offset}-${end - 1}`;
  const response = await download.request(range);
  const start = await checkedStart(download, offset, response);
  if (start === undefined) {
    if (range === undefined) throw uselessRange(download, response);
    position.useRange = false;
    return;
  }
  let sent = 0;
  for await (const bytes of wantedBytes(download, offset, { body: response.body, start })) {
    sent += bytes.length;
    yield bytes;
  }
  const isShort = offset + sent < end;
  if (isShort && (response.status === 200 || sent === 0)) throw cutShort(download, offset + sent);
}

/** Cuts the bytes from `offset` to the download's end out of a body that begins at `start`. */
async function* wantedBytes(
  { blob, end, side }: BlobDownload,
  offset: number,
  { body, start }: { readonly body: AsyncIterable<Uint8Array>; readonly start: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = start;
  for await (const bytes of body) {
    const skipped = Math.max(offset - received, 0);
    received += bytes.length;
    if (received > blob.size) throw sizeMismatch(blob, `more than ${blob.size}`, side);
    const wanted = bytes.subarray(skipped, bytes.length - Math.max(received - end, 0));
    if (wanted.length > 0) yield wanted;
    // A part of the blob, from a server that sends all of it: the rest is of no use.
    if (received > end) return;
  }
}

/** As {@link acceptedStart}; gives up the body when it is of no use. */
async function checkedStart(
  download: BlobDownload,
  offset: number,
  response: HttpResponse,
): Promise<number | undefined> {
  let start: number | undefined;
  try {
    start = acceptedStart(download, offset, response);
  } finally {
    if (start === undefined) await response.discard();
  }
  return start;
}

/**
 * Decides from the head of an answer where in the blob its body begins.
 *
 * @returns undefined when the body is of no use
 * @throws PaletteEdgeError `SIZE_MISMATCH` when the server has another length than the blob
 */
function acceptedStart(
  { blob, side }: BlobDownload,
  offset: number,
  { status, headers }: HttpResponse,
): number | undefined {
  const range = parseContentRange(headers['content-range']);
  const total = status === 200 ? contentLength(headers) : range?.total;
  if (total !== undefined && total !== blob.size) throw sizeMismatch(blob, String(total), side);
  if (status === 200) return 0;
  return status === 206 && total !== undefined && range?.start === offset ? offset : undefined;
}

function contentLength(headers: HttpResponse['headers']): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

function cutShort({ side, blob }: BlobDownload, received: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'CONNECTION_LOST',
    `${side}: the connection ended after ${received} of ${blob.size} bytes of ${blob.digest}`,
    { kind: 'network', suggestions: ['Run the same command again: what was pulled so far is kept.'] },
  );
}

function uselessRange({ side, blob }: BlobDownload, response: HttpResponse): PaletteEdgeError {
  return new PaletteEdgeError(
    'UNEXPECTED_RANGE',
    `${side}: ${response.url.host} answered ${response.status} to a request for all of ${blob.digest}`,
    { kind: 'network' },
  );
}
