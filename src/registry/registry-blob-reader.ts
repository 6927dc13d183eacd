import { PaletteEdgeError } from '../errors.ts';
import { withRetry } from '../http/retry-budget.ts';
import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatRepository } from '../oci/reference.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import type { BlobAhead } from './blob-ahead.ts';
import { downloadBlob } from './blob-download.ts';
import type { BlobDownload } from './blob-download.ts';
import { BlobRestarts } from './blob-restarts.ts';
import { downloadSegments } from './blob-segments.ts';
import type { RegistryRequest, RegistryTransport } from './registry-transport.ts';
import type { RepositoryName } from './repository-name.ts';
import { resumed } from './resumed.ts';

/** What readers of blobs share. */
export interface BlobReaderParts {
  readonly transport: RegistryTransport;
  readonly ahead: BlobAhead;
}

/**
 * The blobs of a repository. An opened blob holds a place in the registry's concurrency limit until its iteration has
 * ended, in whatever way, and those that are free while nobody waits: whoever opens one must iterate it.
 */
export function registryBlobReader(parts: BlobReaderParts, repository: RepositoryName): BlobReader {
  return {
    sizeOf: async (digest, signal) => await sizeOf(parts.transport, { repository, digest, signal }),
    open: async (blob, options = {}) => await openBlob(parts, { repository, blob, ...options }),
  };
}

interface OpenRequest extends OpenBlobOptions {
  readonly repository: RepositoryName;
  readonly blob: BlobIdentity;
}

async function openBlob(parts: BlobReaderParts, request: OpenRequest): Promise<AsyncIterable<Uint8Array>> {
  const { blob, repository, range } = request;
  const { start, end } = checkRange(request);
  const content = download(parts, request, { start, end });
  // Started here, so that a missing blob is told by `open`, and so that ending the iteration gives the place back.
  const first = await content.next();
  const started = resumed(first, content);
  if (range !== undefined) return started;
  return verifiedContent(blob, started, `reading from ${formatRepository(repository)}`);
}

async function* download(
  { transport, ahead }: BlobReaderParts,
  request: OpenRequest,
  range: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { repository, blob, signal } = request;
  if (range.start === range.end && blob.size > 0) return;
  const origin = transport.originOf(repository);
  const connection = (own: AbortSignal | undefined) => connectTo(transport, { ...request, signal: own });
  const connectionAhead = (own: AbortSignal) =>
    connectTo(transport, { ...request, signal: own, isAhead: true });
  const side = `reading from ${formatRepository(repository)}`;
  const parts = { blob, ...range, side, restarts: new BlobRestarts(blob.size) };
  const release = await transport.acquire(repository, signal);
  try {
    if (range.end - range.start <= ahead.limits.threshold || !ahead.mayHonourRanges(origin)) {
      yield* downloadBlob({ ...parts, ...connection(signal) });
    } else {
      const tryAcquire = () => transport.tryAcquire(repository);
      const connections = { connection, connectionAhead };
      yield* downloadSegments({ ...parts, ...connections, origin, ahead, signal, tryAcquire });
    }
  } finally {
    release();
  }
}

/** One request for the blob or a range of it, and the retries. */
function connectTo(
  transport: RegistryTransport,
  { repository, blob, signal, isAhead }: OpenRequest & { readonly isAhead?: boolean },
): Pick<BlobDownload, 'request' | 'budget'> {
  const request = blobRequest(repository, blob.digest, signal);
  return {
    budget: transport.budget({ ...repository, isAhead }, request.subject, signal),
    request: async (range) =>
      await transport.send({
        ...request,
        headers: { 'accept-encoding': 'identity', ...(range === undefined ? {} : { range }) },
        expected: [200, 206, 416],
      }),
  };
}

async function sizeOf(
  transport: RegistryTransport,
  request: { readonly repository: RepositoryName; readonly digest: Digest; readonly signal?: AbortSignal },
): Promise<number | undefined> {
  const { repository, digest, signal } = request;
  const subject = `blob ${digest} of ${formatRepository(repository)}`;
  const budget = transport.budget(repository, subject, signal);
  const release = await transport.acquire(repository, signal);
  try {
    // Storage behind a redirect often answers GET only (GHCR).
    for (const method of ['HEAD', 'GET'] as const) {
      const size = await withRetry(
        async () => await askSize(transport, { ...blobRequest(repository, digest, signal), method }),
        budget,
      );
      if (size !== 'unknown') return size;
    }
    throw new PaletteEdgeError('BLOB_SIZE_UNKNOWN', `${subject}: the registry does not tell its size`, {
      kind: 'network',
    });
  } finally {
    release();
  }
}

/** @returns `unknown` when the answer does not tell, undefined when the blob is not there */
async function askSize(
  transport: RegistryTransport,
  request: Omit<RegistryRequest, 'expected'>,
): Promise<number | 'unknown' | undefined> {
  try {
    const response = await transport.send({ ...request, expected: [200] });
    // Closes the connection rather than reading a large blob.
    await response.discard();
    const length = response.headers['content-length'];
    return length !== undefined && /^[0-9]{1,15}$/.test(length) ? Number(length) : 'unknown';
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    if (error.code === 'BLOB_NOT_FOUND') return undefined;
    const isHeadRefused = error.code === 'STORAGE_REFUSED' || error.code === 'UNEXPECTED_STATUS';
    if (request.method === 'HEAD' && isHeadRefused) return 'unknown';
    throw error;
  }
}

function blobRequest(
  repository: RepositoryName,
  digest: Digest,
  signal: AbortSignal | undefined,
): Omit<RegistryRequest, 'expected'> {
  return {
    repository,
    method: 'GET',
    path: `blobs/${digest}`,
    subject: `blob ${digest} of ${formatRepository(repository)}`,
    notFoundCode: 'BLOB_NOT_FOUND',
    signal,
  };
}

/** A range beyond the blob's end is a mistake of ours, not of the server. */
function checkRange({ blob, range }: OpenRequest): { start: number; end: number } {
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? blob.size, blob.size);
  if (!Number.isSafeInteger(start) || start < 0 || start > blob.size || end < start) {
    throw new RangeError(`no range of a blob of ${blob.size} bytes: ${start} to ${end}`);
  }
  return { start, end };
}
