import { Readable } from 'node:stream';

import { PaletteEdgeError } from '../errors.ts';
import type { ReceiveRate } from './receive-rate.ts';

/** A body that is read while it is sent, anew for each time. */
export interface StreamedBody {
  /** In bytes; what is read has to have just as many. */
  readonly length: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** How a body is sent. */
export interface SendPace {
  readonly url: URL;
  readonly signal: AbortSignal | undefined;
  /** The longest wait for a server to take the next piece. */
  readonly idleTimeoutMs: number;
  /** Of what is received and sent together. */
  readonly rate: ReceiveRate | undefined;
}

/** A body on its way. */
interface Sending {
  readonly stream: Readable;
  /** Aborted with a worded error when the server takes nothing any more, and when the request is. */
  readonly signal: AbortSignal;
}

/**
 * Begins to send a body, no faster than the rate. What reading it throws ends the request with just that.
 *
 * The signal is aborted with `CONNECTION_STALLED` (kind network) when the server does not take the next piece in time.
 */
export function beginSending(body: StreamedBody, pace: SendPace): Sending {
  const stall = new AbortController();
  const stream = Readable.from(pacedPieces(body.open(), pace, stall), { objectMode: false });
  // Undici tells of it as the failure of the request; without a listener it would end the process, too.
  stream.on('error', () => undefined);
  const signal = pace.signal === undefined ? stall.signal : AbortSignal.any([pace.signal, stall.signal]);
  return { stream, signal };
}

/** In bytes: taking one of them is a sign of life, on a slow link as well. */
const largestPiece = 256 * 1024;

async function* pacedPieces(
  content: AsyncIterable<Uint8Array>,
  pace: SendPace,
  stall: AbortController,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { rate, signal, idleTimeoutMs } = pace;
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const bytes of content) {
      const step = Math.min(rate?.pieceBytes ?? largestPiece, largestPiece);
      for (let start = 0; start < bytes.length; start += step) {
        const piece = bytes.subarray(start, start + step);
        await rate?.take(piece.length, signal);
        timer = setTimeout(() => stall.abort(stalled(pace)), idleTimeoutMs);
        yield piece;
        clearTimeout(timer);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function stalled({ url, idleTimeoutMs }: SendPace): PaletteEdgeError {
  return new PaletteEdgeError(
    'CONNECTION_STALLED',
    `${url.host}: the server has taken nothing for ${idleTimeoutMs / 1000} s`,
    {
      kind: 'network',
      suggestions: [`Check the network on the way to ${url.host}, then run the same command again.`],
    },
  );
}
