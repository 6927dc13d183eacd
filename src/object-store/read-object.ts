import { PaletteEdgeError } from '../errors.ts';
import type { HttpResponse } from '../http/http-response.ts';
import type { S3Transport } from './s3-transport.ts';

/** What is read. */
export interface ObjectReading {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly from?: number;
  readonly to?: number;
  readonly etag?: string | undefined;
}

/** Reads an object from a byte on; see S3Bucket.get. Holds no more of it than what came in last. */
export async function* readObject(
  transport: S3Transport,
  reading: ObjectReading,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { from = 0, to = Infinity } = reading;
  const budget = transport.budget({ action, ...reading });
  let { etag } = reading;
  let at = from;
  while (at < to) {
    try {
      const response = await openAt(transport, { ...reading, etag }, at);
      if (response === undefined) return;
      etag ??= response.headers['etag'];
      const end = at + lengthOf(response);
      for await (const bytes of response.body) {
        at += bytes.length;
        budget.reset();
        yield bytes;
      }
      if (at >= end) return;
      throw new PaletteEdgeError('CONNECTION_LOST', `${transport.host}: the connection was lost`, {
        kind: 'network',
      });
    } catch (error) {
      await budget.spend(error);
    }
  }
}

const action = 'reading';

/** @returns undefined when the object ends there */
async function openAt(
  transport: S3Transport,
  { key, signal, to, etag }: ObjectReading,
  at: number,
): Promise<HttpResponse | undefined> {
  const isWhole = at === 0 && to === undefined;
  const range = `bytes=${at}-${to === undefined ? '' : to - 1}`;
  const request = {
    method: 'GET',
    key,
    signal,
    action,
    headers: {
      ...(isWhole ? {} : { range }),
      ...(etag === undefined ? {} : { 'if-match': etag }),
    },
    expected: [200, 206, 416],
  } as const;
  const response = await transport.send(request);
  if (response.status === 416) {
    await response.discard();
    return undefined;
  }
  const isAsked = response.status === 206 ? startOf(response) === at : isWhole;
  if (isAsked) return response;
  await response.discard();
  const message = `${transport.subject(request)}: ${transport.host} sends another part than the one that was asked for`;
  throw new PaletteEdgeError('S3_ANSWER_INVALID', message, { kind: 'network' });
}

/** Where a range begins (RFC 9110, 14.4): one from elsewhere would be put at the wrong place. */
function startOf({ headers }: HttpResponse): number | undefined {
  const start = /^bytes (\d{1,16})-/.exec(headers['content-range'] ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

function lengthOf({ headers }: HttpResponse): number {
  const length = Number(headers['content-length']);
  return Number.isSafeInteger(length) && length >= 0 ? length : 0;
}
