import type { Dispatcher } from 'undici';

import { PaletteEdgeError } from '../errors.ts';
import { displayUrl } from './connection-error.ts';
import { decodeBytes, decodedBody, parseContentEncoding } from './content-encoding.ts';
import { pacedBody } from './paced-body.ts';
import type { BodyPace } from './paced-body.ts';

/** An answer whose body is still on the wire: read it or discard it, or its connection stays taken. */
export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; a header sent several times is joined by commas. `content-length` is of the body as sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** Whether a redirect led to another origin, back again or not: then it was asked without credentials. */
  readonly hasLeftOrigin: boolean;
  /**
   * How the body claims to be encoded (`gzip`, `deflate`, `br`, …), although nobody asked for it; undefined in the usual
   * case. Storage often claims it of a blob that was compressed before: then the body as sent is the blob.
   */
  readonly encoding: string | undefined;
  /** The body as sent, once. Throws a worded network error when the connection breaks, idles or trickles. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * The body with its encoding undone; without one, as sent. Takes the place of {@link body}. Who reads it counts: what
   * comes out may be a thousand times as much as what was sent.
   *
   * Iterating throws `UNEXPECTED_ENCODING` or `ENCODING_INVALID` (kind network) when it cannot be undone.
   */
  decoded(): AsyncIterable<Uint8Array>;
  /**
   * Reads the whole body, as sent, into memory.
   *
   * @throws PaletteEdgeError `RESPONSE_TOO_LARGE` (kind content) when it has more than `limitBytes`
   */
  readBytes(limitBytes: number): Promise<Uint8Array>;
  /**
   * Reads the whole body into memory and undoes its encoding. A body that is not encoded as it claims is given as sent.
   *
   * @throws PaletteEdgeError `RESPONSE_TOO_LARGE` (kind content) when it has more than `limitBytes` before or after;
   *   `UNEXPECTED_ENCODING` (kind network)
   */
  readDecoded(limitBytes: number): Promise<Uint8Array>;
  /** Reads the whole body as UTF-8; throws as {@link readDecoded} does. */
  readText(limitBytes: number): Promise<string>;
  /** Gives the body up: reads what little is left, or closes the connection. Never throws. */
  discard(): Promise<void>;
}

/** How an answer is read; `totalMs` of the limits holds for bodies that are read into memory. */
export interface ResponseReading extends BodyPace, Pick<HttpResponse, 'hasLeftOrigin'> {}

const discardLimit = 128 * 1024;
/** What little is left of a body that nobody wants has to come in this time. */
const discardTimeoutMs = 5000;

/** Wraps what undici gives into an {@link HttpResponse}. */
export function httpResponse(raw: Dispatcher.ResponseData, reading: ResponseReading): HttpResponse {
  const { url, hasLeftOrigin, signal, limits } = reading;
  const headers = flatten(raw.headers);
  const encoding = parseContentEncoding(headers['content-encoding']);
  const from = displayUrl(url);
  const body = pacedBody(raw.body, { ...reading, limits: { ...limits, totalMs: undefined } });
  const readBytes = async (limitBytes: number): Promise<Uint8Array> =>
    await collect(pacedBody(raw.body, reading), limitBytes, from);
  const readDecoded = async (limitBytes: number): Promise<Uint8Array> => {
    const bytes = await readBytes(limitBytes);
    if (encoding === undefined) return bytes;
    const decoded = await decodeBytes({ bytes, encoding, from }, limitBytes);
    if (decoded === undefined) throw tooLarge(limitBytes, from);
    return decoded;
  };
  const giveUp = (): void => void raw.body.destroy();
  return {
    status: raw.statusCode,
    headers,
    url,
    hasLeftOrigin,
    encoding,
    body,
    decoded: () => (encoding === undefined ? body : decodedBody({ body, encoding, from, giveUp })),
    readBytes,
    readDecoded,
    readText: async (limitBytes) => new TextDecoder().decode(await readDecoded(limitBytes)),
    discard: async () => {
      try {
        const enough = AbortSignal.timeout(discardTimeoutMs);
        const either = signal === undefined ? enough : AbortSignal.any([signal, enough]);
        await raw.body.dump({ limit: discardLimit, signal: either });
      } catch {
        raw.body.destroy();
      }
    },
  };
}

async function collect(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
  from: string,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of body) {
    size += bytes.length;
    if (size > limitBytes) throw tooLarge(limitBytes, from);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces, size);
}

function tooLarge(limitBytes: number, from: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'RESPONSE_TOO_LARGE',
    `${from} sent more than the ${limitBytes} bytes allowed here`,
    { kind: 'content' },
  );
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
