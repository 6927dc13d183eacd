import {
  chunked,
  cutBody,
  cutBodyOfUnknownLength,
  endlessBody,
  gzipClaimed,
  gzipEncoded,
  htmlPage,
  resizedBody,
  stallAfter,
  trickleBody,
  wrongBytes,
  wrongContentLength,
} from '../support/fault-bodies.ts';
import {
  closeWithoutAnswer,
  giantHeaders,
  hang,
  http10,
  informational,
  notHttp,
  reset,
  resetAfterHeaders,
  trickleHeaders,
} from '../support/fault-connections.ts';
import {
  noContentRange,
  rangeRefused,
  shortRange,
  wholeForRange,
  wrongRangeStart,
  wrongRangeTotal,
} from '../support/fault-ranges.ts';
import { redirectLoop, redirectNowhere, relativeRedirect } from '../support/fault-redirects.ts';
import { reply } from '../support/fault-registry.ts';
import type { Fault } from '../support/fault-registry.ts';
import { failWith, tooManyRequests, withHeader, withoutHeader } from '../support/fault-statuses.ts';
import { accessTokenOnly, expiresInOneSecond, withoutExpiry, withoutToken } from '../support/fault-tokens.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Makes a fault with random details. */
export type FaultMaker = (random: SeededRandom) => Fault;

/** Faults of any request. */
export const commonFaults: Readonly<Record<string, FaultMaker>> = {
  'cut body': (random) => cutBody(random.integer(0, 200_000)),
  'cut body of unknown length': (random) => cutBodyOfUnknownLength(random.integer(0, 200_000)),
  'wrong bytes': () => unlessEmpty(wrongBytes),
  'resized body': (random) => unlessEmpty(resizedBody(random.pick([-20, -1, 1, 50]))),
  'wrong Content-Length': (random) => unlessEmpty(wrongContentLength(random.pick([-10, 10]))),
  chunked: () => chunked,
  'gzip encoded': () => gzipEncoded,
  'gzip claimed': () => gzipClaimed,
  'HTML page': () => htmlPage,
  'endless body': () => endlessBody,
  'closed without answer': () => closeWithoutAnswer,
  reset: () => reset,
  'reset after headers': () => resetAfterHeaders,
  'giant headers': () => giantHeaders,
  'HTTP/1.0': () => http10,
  'informational answers': (random) => informational(random.pick([5, 500])),
  'not HTTP': () => notHttp,
  status: (random) => failWith(random.pick([400, 401, 403, 404, 405, 408, 410, 500, 501, 502, 503, 504])),
  429: (random) => tooManyRequests(random.pick([undefined, '0', '1', 'soon', '99999999'])),
  'no digest header': () => withoutHeader('docker-content-digest'),
  'wrong digest header': () => withHeader('docker-content-digest', `sha256:${'0'.repeat(64)}`),
  'no Content-Type': () => withoutHeader('content-type'),
  'wrong Content-Type': () => withHeader('content-type', 'text/plain'),
  'relative redirect': () => relativeRedirect,
  'redirect loop': () => redirectLoop,
  'redirect nowhere': () => redirectNowhere,
  'away and back': () => awayAndBack,
};

/** Faults that a build in a process of its own, with the times of the real tool, would wait a minute for. */
export const slowFaults: Readonly<Record<string, FaultMaker>> = {
  hang: () => hang,
  'trickled headers': () => trickleHeaders,
  'trickled body': () => trickleBody(5000),
  'stalled body': (random) => stallAfter(random.integer(0, 100_000)),
};

/** Faults of answers to ranges; other requests are answered well. */
export const rangeFaults: Readonly<Record<string, FaultMaker>> = {
  'whole for range': () => wholeForRange,
  'wrong range start': () => wrongRangeStart,
  'wrong range total': () => wrongRangeTotal,
  'no Content-Range': () => noContentRange,
  'short range': (random) => shortRange(random.integer(1000, 100_000)),
  'range refused': () => rangeRefused,
};

/** Faults of token servers. */
export const tokenFaults: Readonly<Record<string, FaultMaker>> = {
  'access_token only': () => accessTokenOnly,
  'no expiry': () => withoutExpiry,
  'expires in one second': () => expiresInOneSecond,
  'no token': () => withoutToken,
  'endless token': () => endlessBody,
  'token server fails': (random) => failWith(random.pick([400, 401, 403, 404, 429, 500, 503])),
};

function unlessEmpty(fault: Fault): Fault {
  return (exchange) => (exchange.answer.body.length > 100 ? fault(exchange) : reply(exchange));
}

const awayAndBack: Fault = async ({ registry }) => await registry.stop();
