import { pipeline } from 'node:stream';
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  gunzip,
  inflate,
} from 'node:zlib';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';

/** How a body is to be decoded. */
interface Decoder {
  readonly stream: () => Transform;
  /** @throws a system error `ERR_BUFFER_TOO_LARGE` when the result has more than `maxOutputLength` bytes */
  readonly whole: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>;
}

const gzip: Decoder = { stream: () => createGunzip(), whole: promisify(gunzip) };

const decoders: Readonly<Record<string, Decoder>> = {
  gzip,
  'x-gzip': gzip,
  deflate: { stream: () => createInflate(), whole: promisify(inflate) },
  br: { stream: () => createBrotliDecompress(), whole: promisify(brotliDecompress) },
};

/** Encodings that exist but are not decoded here: nobody uses them who was asked for none. */
const foreignEncodings: ReadonlySet<string> = new Set(['zstd', 'compress', 'x-compress', 'dcb', 'dcz']);

/**
 * Reads a `Content-Encoding` header (RFC 9110, 8.4).
 *
 * @returns undefined for `identity`, and for words that name no encoding: storage is full of `utf-8` and `aws-chunked`
 */
export function parseContentEncoding(header: string | undefined): string | undefined {
  const names = (header ?? '').split(',').map((name) => name.trim().toLowerCase());
  const known = names.filter((name) => Object.hasOwn(decoders, name) || foreignEncodings.has(name));
  return known.length === 0 ? undefined : known.join(', ');
}

/** A body and how it claims to be encoded. */
export interface EncodedBody {
  readonly body: AsyncIterable<Uint8Array>;
  readonly encoding: string;
  /** Where it came from, for messages. */
  readonly from: string;
  /** Closes the connection when nobody wants the rest, even while its server is silent. */
  readonly giveUp: () => void;
}

/**
 * Undoes an encoding while the body arrives. Does not cap what comes out: whoever reads it counts.
 *
 * @throws PaletteEdgeError kind network: `UNEXPECTED_ENCODING` for an encoding that is not known here,
 *   `ENCODING_INVALID` when the body is not encoded as it claims to be; what the body throws
 */
export async function* decodedBody(encoded: EncodedBody): AsyncGenerator<Uint8Array, void, undefined> {
  const { body, encoding, from, giveUp } = encoded;
  const decoder = decoders[encoding];
  if (decoder === undefined) throw unexpectedEncoding(encoding, from);
  const stream = decoder.stream();
  // Its error reaches the loop below through the stream.
  pipeline(body, stream, () => undefined);
  try {
    for await (const piece of stream) {
      const bytes: Uint8Array = piece;
      yield bytes;
    }
  } catch (error) {
    throw isFormatError(error) ? invalidEncoding(encoding, from, error) : error;
  } finally {
    giveUp();
    stream.destroy();
  }
}

/** A body in memory and how it claims to be encoded. */
export interface EncodedBytes {
  readonly bytes: Uint8Array;
  readonly encoding: string;
  /** Where it came from, for messages. */
  readonly from: string;
}

/**
 * Undoes an encoding. Bytes that are not encoded as they claim to be are given back as they are: it is the header that
 * was wrong then, and whoever reads them checks a digest or a syntax.
 *
 * @returns undefined when the result has more than `limitBytes`
 * @throws PaletteEdgeError `UNEXPECTED_ENCODING` (kind network) for an encoding that is not known here
 */
export async function decodeBytes(
  encoded: EncodedBytes,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  const { bytes, encoding, from } = encoded;
  const decoder = decoders[encoding];
  if (decoder === undefined) throw unexpectedEncoding(encoding, from);
  try {
    return await decoder.whole(bytes, { maxOutputLength: limitBytes });
  } catch (error) {
    if (systemErrorCode(error) === 'ERR_BUFFER_TOO_LARGE') return undefined;
    if (isFormatError(error)) return bytes;
    throw error;
  }
}

/** Errors of zlib, and of brotli, whose codes are many. */
function isFormatError(error: unknown): boolean {
  const code = systemErrorCode(error) ?? '';
  return code.startsWith('Z_') || code.startsWith('ERR__ERROR_') || code.startsWith('ERR_BROTLI');
}

function unexpectedEncoding(encoding: string, from: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'UNEXPECTED_ENCODING',
    `${from} was asked for the content as it is, and sent it encoded (content-encoding: ${encoding})`,
    { kind: 'network', suggestions: ['Have the server, or the proxy before it, send it unchanged.'] },
  );
}

function invalidEncoding(encoding: string, from: string, cause: unknown): PaletteEdgeError {
  return new PaletteEdgeError(
    'ENCODING_INVALID',
    `${from} sent a body that is not encoded as it claims (content-encoding: ${encoding})`,
    { kind: 'network', cause },
  );
}
