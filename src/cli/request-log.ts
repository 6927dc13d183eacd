import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { systemErrorCode } from '../errors.ts';
import { durationText } from '../io/duration-text.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';

/** No address is as long that somebody reads to its end. */
const longestAddress = 300;

/**
 * Tells of each HTTP request how it went, in one line: method, address, status or failure, time until the answer began. The HTTP client says so on
 * its diagnostics channels. Queries and headers are left out: secrets are in them.
 */
export function logRequests(tell: (line: string) => void): Disposable {
  const begun = new WeakMap<object, number>();
  const ended = (message: unknown, outcome: string): void => {
    const request = requestOf(message);
    if (request === undefined) return;
    const start = begun.get(request);
    begun.delete(request);
    const time = start === undefined ? '' : `, ${timeText(performance.now() - start)}`;
    tell(`${nameOf(request)}: ${outcome}${time}`);
  };
  const listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    [
      'undici:request:create',
      (message) => {
        const request = requestOf(message);
        if (request !== undefined) begun.set(request, performance.now());
      },
    ],
    ['undici:request:headers', (message) => ended(message, statusOf(message))],
    ['undici:request:error', (message) => ended(message, failureOf(message))],
  ];
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [channel, listener] of listeners) unsubscribe(channel, listener);
    },
  };
}

function requestOf(message: unknown): Record<string, unknown> | undefined {
  return isRecord(message) && isRecord(message['request']) ? message['request'] : undefined;
}

function nameOf({ method, origin, path }: Record<string, unknown>): string {
  const [bare = ''] = String(path).split(/[?#]/);
  const host = String(origin).replace(/^(https?:\/\/)(?:[^/@]*@)?/, '$1');
  return `${String(method)} ${printable(`${host}${bare}`, longestAddress)}`;
}

function statusOf(message: unknown): string {
  const response = isRecord(message) ? message['response'] : undefined;
  return isRecord(response) ? String(response['statusCode']) : 'no status';
}

/** Its code alone: messages of others may quote anything. */
function failureOf(message: unknown): string {
  const error = isRecord(message) ? message['error'] : undefined;
  return systemErrorCode(error) ?? (error instanceof Error ? error.name : 'failed');
}

function timeText(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : durationText(milliseconds / 1000);
}
