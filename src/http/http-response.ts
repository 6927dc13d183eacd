import type { Dispatcher } from 'undici';

import { PaletteEdgeError } from '../errors.ts';
import { displayUrl, wordConnectionError } from './connection-error.ts';

/** An answer whose body is still on the wire: read it or discard it, or its connection stays taken. */
export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; a header sent several times is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** The body as sent, once. Throws a worded network error when the connection breaks or idles. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Reads the whole body into memory.
   *
   * @throws PaletteEdgeError `RESPONSE_TOO_LARGE` (kind content) when it has more than `limitBytes`
   */
  readBytes(limitBytes: number): Promise<Uint8Array>;
  /** Reads the whole body as UTF-8; throws as {@link readBytes} does. */
  readText(limitBytes: number): Promise<string>;
  /** Gives the body up: reads what little is left, or closes the connection. Never throws. */
  discard(): Promise<void>;
}

const discardLimit = 128 * 1024;

/** Wraps what undici gives into an {@link HttpResponse}. */
export function httpResponse(
  raw: Dispatcher.ResponseData,
  url: URL,
  signal: AbortSignal | undefined,
): HttpResponse {
  const body = wordedBody(raw.body, url, signal);
  const readBytes = async (limitBytes: number): Promise<Uint8Array> =>
    await collect(body, limitBytes, displayUrl(url));
  return {
    status: raw.statusCode,
    headers: flatten(raw.headers),
    url,
    body,
    readBytes,
    readText: async (limitBytes) => new TextDecoder().decode(await readBytes(limitBytes)),
    discard: async () => {
      try {
        await raw.body.dump({ limit: discardLimit, signal });
      } catch {
        raw.body.destroy();
      }
    },
  };
}

async function* wordedBody(
  body: AsyncIterable<Uint8Array>,
  url: URL,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    signal?.throwIfAborted();
    throw wordConnectionError(error, url);
  }
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
    if (size > limitBytes) {
      throw new PaletteEdgeError(
        'RESPONSE_TOO_LARGE',
        `${from} sent more than the ${limitBytes} bytes allowed here`,
        { kind: 'content' },
      );
    }
    pieces.push(bytes);
  }
  return Buffer.concat(pieces, size);
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
