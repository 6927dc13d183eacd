import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { systemErrorCode } from '../errors.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { durationText } from '../io/duration-text.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';

/** No address is as long that somebody reads to its end. */
const longestAddress = 300;

/** What is known of a request under way. Bytes are those of bodies, as they are on the wire. */
interface UnderWay {
  readonly begun: number;
  status?: string;
  sent: number;
  received: number;
}

/**
 * Tells of each HTTP request how it went, in one line when its answer is over: method, address, status or failure, bytes, time. The HTTP
 * client says so on its diagnostics channels. Queries and headers are left out: secrets are in them.
 */
export function logRequests(tell: (line: string) => void): Disposable {
  const underWay = new WeakMap<object, UnderWay>();
  const listeners = Object.entries(channelsOf(underWay, tell)).map(
    ([name, listen]) =>
      [
        `undici:request:${name}`,
        (message: unknown) => {
          const request = isRecord(message) ? message['request'] : undefined;
          if (isRecord(message) && isRecord(request)) listen(request, message);
        },
      ] as const,
  );
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [channel, listener] of listeners) unsubscribe(channel, listener);
    },
  };
}

type Listener = (request: Record<string, unknown>, message: Record<string, unknown>) => void;

function channelsOf(
  underWay: WeakMap<object, UnderWay>,
  tell: (line: string) => void,
): Readonly<Record<string, Listener>> {
  const ended = (request: Record<string, unknown>, failure?: string): void => {
    const state = underWay.get(request);
    // What began before the log, or was told of already.
    if (state === undefined) return;
    underWay.delete(request);
    tell(`${nameOf(request)}: ${outcomeOf(state, failure)}`);
  };
  return {
    create: (request) => void underWay.set(request, { begun: performance.now(), sent: 0, received: 0 }),
    bodyChunkSent: (request, { chunk }) => {
      const state = underWay.get(request);
      if (state !== undefined) state.sent += lengthOf(chunk);
    },
    headers: (request, { response }) => {
      const state = underWay.get(request);
      if (state !== undefined) state.status = statusOf(response);
    },
    bodyChunkReceived: (request, { chunk }) => {
      const state = underWay.get(request);
      if (state !== undefined) state.received += lengthOf(chunk);
    },
    trailers: (request) => ended(request),
    error: (request, { error }) => ended(request, failureOf(error)),
  };
}

function outcomeOf({ begun, status, sent, received }: UnderWay, failure: string | undefined): string {
  return [
    ...(status === undefined ? [] : [status]),
    ...(failure === undefined ? [] : [failure]),
    ...(sent === 0 ? [] : [`${formatByteSize(sent)} sent`]),
    ...(status === undefined ? [] : [formatByteSize(received)]),
    timeText(performance.now() - begun),
  ].join(', ');
}

function nameOf({ method, origin, path }: Record<string, unknown>): string {
  const [bare = ''] = String(path).split(/[?#]/);
  const host = String(origin).replace(/^(https?:\/\/)(?:[^/@]*@)?/, '$1');
  return `${String(method)} ${printable(`${host}${bare}`, longestAddress)}`;
}

function statusOf(response: unknown): string {
  return isRecord(response) ? String(response['statusCode']) : 'no status';
}

/** Its code alone: messages of others may quote anything. */
function failureOf(error: unknown): string {
  const code = systemErrorCode(error) ?? (error instanceof Error ? error.name : 'failed');
  // Of a body that nobody reads to its end: of an answer that is not needed, or at Ctrl-C.
  return code === 'UND_ERR_ABORTED' || code === 'AbortError' ? 'left off' : code;
}

function lengthOf(chunk: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk);
  return chunk instanceof Uint8Array ? chunk.length : 0;
}

function timeText(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : durationText(milliseconds / 1000);
}
