import { answerOf, textAnswer } from './fault-content.ts';
import type { WholeAnswer } from './fault-content.ts';
import { reply, send } from './fault-registry.ts';
import type { Fault, FaultExchange } from './fault-registry.ts';

/** Knows no ranges: 200 with all of it. */
export const wholeForRange: Fault = (exchange) => send(exchange, wholeAnswer(exchange));

/** The right bytes, of which it says that they begin elsewhere. */
export const wrongRangeStart: Fault = (exchange) =>
  replyToRange(exchange, ({ start, end, total }) => `bytes ${start - 1}-${end - 2}/${total}`);

/** The right bytes, of a blob of another length. */
export const wrongRangeTotal: Fault = (exchange) =>
  replyToRange(exchange, ({ start, end, total }) => `bytes ${start}-${end - 1}/${total + 1}`);

/** 206 that does not say what it is a part of. */
export const noContentRange: Fault = (exchange) => replyToRange(exchange, () => undefined);

/** Of every range only the first bytes, rightly described. */
export function shortRange(bytes: number): Fault {
  return (exchange) => {
    const { answer } = exchange;
    const range = rangeOf(answer);
    if (range === undefined) {
      reply(exchange);
      return;
    }
    const body = answer.body.subarray(0, bytes);
    const headers = {
      ...answer.headers,
      'content-length': String(body.length),
      'content-range': `bytes ${range.start}-${range.start + body.length - 1}/${range.total}`,
    };
    send(exchange, { ...answer, headers, body });
  };
}

/** Takes no range at all, and tells the size. */
export const rangeRefused: Fault = (exchange) => {
  if (exchange.request.headers.range === undefined) {
    reply(exchange);
    return;
  }
  const total = wholeAnswer(exchange).body.length;
  send(exchange, textAnswer(416, '', { 'content-range': `bytes */${total}` }));
};

interface AnsweredRange {
  readonly start: number;
  /** The byte after the last one. */
  readonly end: number;
  readonly total: number;
}

function replyToRange(
  exchange: FaultExchange,
  contentRange: (range: AnsweredRange) => string | undefined,
): void {
  const { answer } = exchange;
  const range = rangeOf(answer);
  if (range === undefined) {
    reply(exchange);
    return;
  }
  const { 'content-range': _, ...headers } = answer.headers;
  const said = contentRange(range);
  send(exchange, {
    ...answer,
    headers: said === undefined ? headers : { ...headers, 'content-range': said },
  });
}

function rangeOf({ status, headers }: WholeAnswer): AnsweredRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '');
  if (status !== 206 || match === null) return undefined;
  return { start: Number(match[1]), end: Number(match[2]) + 1, total: Number(match[3]) };
}

function wholeAnswer({ request, registry }: FaultExchange): WholeAnswer {
  const { method = '', url = '' } = request;
  return answerOf(registry.content, { method, path: url.split('?')[0] ?? '', range: undefined });
}
