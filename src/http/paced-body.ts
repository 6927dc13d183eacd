import type { Readable } from 'node:stream';

import { PaletteEdgeError } from '../errors.ts';
import { wordConnectionError } from './connection-error.ts';
import type { ReceiveRate } from './receive-rate.ts';
import { StallMeter } from './stall-meter.ts';
import type { StallLimits } from './stall-meter.ts';

/** How a body is read. */
export interface BodyPace {
  readonly url: URL;
  readonly signal: AbortSignal | undefined;
  readonly limits: StallLimits;
  readonly rate: ReceiveRate | undefined;
}

/**
 * The bytes of a body, no faster than the rate. A body that is not read is not received: its server has to wait.
 *
 * @throws PaletteEdgeError `CONNECTION_STALLED` when it hardly moves; worded network errors when the connection breaks;
 *   the signal's reason when aborted
 */
export async function* pacedBody(
  body: Readable,
  pace: BodyPace,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { url, signal, limits, rate } = pace;
  const meter = new StallMeter(limits);
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => body.destroy(stalled(pace)), meter.wait(performance.now()));
  };
  try {
    wait();
    for await (const piece of body) {
      const bytes: Uint8Array = piece;
      clearTimeout(timer);
      meter.receive(bytes.length, performance.now());
      if (rate === undefined) yield bytes;
      else yield* atRate(bytes, rate, signal);
      wait();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw wordConnectionError(error, url);
  } finally {
    clearTimeout(timer);
  }
}

async function* atRate(
  bytes: Uint8Array,
  rate: ReceiveRate,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += rate.pieceBytes) {
    const piece = bytes.subarray(start, start + rate.pieceBytes);
    await rate.take(piece.length, signal);
    yield piece;
  }
}

function stalled({ url, limits }: BodyPace): PaletteEdgeError {
  const { minimumBytes, windowMs, totalMs } = limits;
  const bounds = [
    `less than ${minimumBytes} bytes in ${windowMs / 1000} s`,
    ...(totalMs === undefined ? [] : [`more than ${totalMs / 1000} s for a small answer`]),
  ];
  return new PaletteEdgeError(
    'CONNECTION_STALLED',
    `${url.host}: the server hardly sends anything any more: ${bounds.join(', or ')}`,
    {
      kind: 'network',
      suggestions: [`Check the network on the way to ${url.host}, then run the same command again.`],
    },
  );
}
