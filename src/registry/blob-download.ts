import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import type { RetryBudget } from '../http/retry-budget.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { sizeMismatch } from '../oci/verified-content.ts';
import { readBlobAnswer } from './blob-answer.ts';
import type { AnsweredPart } from './blob-answer.ts';
import type { BlobRestarts } from './blob-restarts.ts';

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
  /** What may be received twice; shared by the downloads of the parts of one blob. */
  readonly restarts: BlobRestarts;
  /**
   * Told when the server sends other bytes than those asked for, such as the whole blob. Returns the byte after the last
   * one that is wanted then; by default it stays what it was. May throw to give the download up.
   */
  readonly onUnaskedPart?: () => number;
}

/** Less than this is no progress: a server that gives a byte at a time would be asked for ever. In bytes. */
const leastProgress = 4096;

/**
 * The bytes from `start` to `end`, whatever the connection does: after a loss it goes on from the last byte with a
 * closed Range request, within the retry budget, which starts anew with every progress.
 *
 * Lengths are checked, digests are not.
 *
 * @throws PaletteEdgeError `SIZE_MISMATCH` (kind content) when the server has another length than the blob;
 *   `RESUME_UNSUPPORTED` when it does not go on where it stopped; what `request` throws when the budget is spent
 */
export async function* downloadBlob(download: BlobDownload): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, end, budget } = download;
  const position: Position = { offset: start, end, progress: 0, useRange: true };
  for (;;) {
    try {
      for await (const bytes of attempt(download, position)) {
        advance(position, bytes.length, budget);
        yield bytes;
      }
      if (position.offset === position.end) return;
    } catch (error) {
      if (error instanceof PaletteEdgeError && error.kind === 'content') throw error;
      if (position.offset === position.end && end > start) return;
      position.progress = 0;
      await budget.spend(error);
    }
  }
}

/** Where a download is. */
interface Position {
  offset: number;
  end: number;
  /** Bytes since the last failure. */
  progress: number;
  /** Off after an answer that shows that the server does not understand Range. */
  useRange: boolean;
}

function advance(position: Position, bytes: number, budget: RetryBudget): void {
  position.offset += bytes;
  position.progress += bytes;
  if (position.progress >= leastProgress) budget.reset();
}

/** One request and its body, from the position on. Ends early, without an error, when the server sends short ranges. */
async function* attempt(
  download: BlobDownload,
  position: Position,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { offset } = position;
  const range = rangeToAsk(download, position);
  const response = await download.request(range);
  const part = await acceptedPart(download, position, response);
  if (part === undefined) {
    if (range === undefined) throw uselessRange(download, response);
    position.useRange = false;
    return;
  }
  const body = part.isEncoded ? response.decoded() : response.body;
  const end = Math.min(position.end, part.end);
  let reached = offset;
  for await (const bytes of wantedBytes(download, { offset, end }, { body, start: part.start })) {
    reached += bytes.length;
    yield bytes;
  }
  const isTooShort = reached < end || reached - offset < leastProgress;
  if (reached < position.end && isTooShort) throw cutShort(download, reached);
}

/** The value of a Range header; undefined when all of the blob is asked for. */
function rangeToAsk({ blob }: BlobDownload, { offset, end, useRange }: Position): string | undefined {
  const isWhole = offset === 0 && end === blob.size;
  return isWhole || !useRange ? undefined : `bytes=${offset}-${end - 1}`;
}

/** Cuts the bytes from `offset` to `end` out of a body that begins at `start`. */
async function* wantedBytes(
  { blob, side }: BlobDownload,
  { offset, end }: { readonly offset: number; readonly end: number },
  { body, start }: { readonly body: AsyncIterable<Uint8Array>; readonly start: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = start;
  for await (const bytes of body) {
    const skipped = Math.max(offset - received, 0);
    received += bytes.length;
    if (received > blob.size) throw sizeMismatch(blob, `more than ${blob.size}`, side);
    const wanted = bytes.subarray(skipped, bytes.length - Math.max(received - end, 0));
    if (wanted.length > 0) yield wanted;
    // A part of the blob, from a server that sends more of it: the rest is of no use.
    if (received > end) return;
  }
}

/** As {@link readBlobAnswer}, with what follows from it for the download; gives up the body when it is of no use. */
async function acceptedPart(
  download: BlobDownload,
  position: Position,
  response: HttpResponse,
): Promise<AnsweredPart | undefined> {
  const { blob, side, onUnaskedPart, restarts } = download;
  const { offset } = position;
  let accepted: AnsweredPart | undefined;
  try {
    const part = readBlobAnswer({ blob, side, offset }, response);
    if (part === undefined) return undefined;
    if (part.start < offset || part.end > position.end) position.end = onUnaskedPart?.() ?? position.end;
    if (part.start < offset && !restarts.spend(offset - part.start)) throw noResume(download, offset);
    // What comes out of a decoder has no place that a range could name.
    if (part.isEncoded) position.useRange = false;
    accepted = part;
    return part;
  } finally {
    if (accepted === undefined) await response.discard();
  }
}

function cutShort({ side, blob }: BlobDownload, received: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'CONNECTION_LOST',
    `${side}: the connection ended after ${received} of ${blob.size} bytes of ${blob.digest}`,
    { kind: 'network', suggestions: ['Run the same command again: what was pulled so far is kept.'] },
  );
}

function noResume({ side, blob }: BlobDownload, received: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'RESUME_UNSUPPORTED',
    `${side}: the connection broke again after ${received} of ${blob.size} bytes of ${blob.digest}, and the server ` +
      'sends the blob from its beginning when it is asked for the rest',
    {
      kind: 'network',
      suggestions: [
        'Pull through a connection or proxy that does not cut long answers, or from another registry: this one does not honour Range.',
      ],
    },
  );
}

function uselessRange({ side, blob }: BlobDownload, response: HttpResponse): PaletteEdgeError {
  return new PaletteEdgeError(
    'UNEXPECTED_RANGE',
    `${side}: ${response.url.host} answered ${response.status} to a request for all of ${blob.digest}`,
    { kind: 'network' },
  );
}
