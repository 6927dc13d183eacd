import { setTimeout as wait } from 'node:timers/promises';

import { reply } from './fault-registry.ts';
import type { Fault, FaultExchange } from './fault-registry.ts';

/** No answer, and the connection stays. */
export const hang: Fault = () => undefined;

/** The connection ends without an answer. */
export const closeWithoutAnswer: Fault = ({ response }) => void response.destroy();

/** RST instead of an answer. */
export const reset: Fault = ({ request }) => void request.socket.resetAndDestroy();

/** RST behind the head of the answer. */
export const resetAfterHeaders: Fault = ({ request, answer }) => {
  request.socket.write(headOf(answer), () => request.socket.resetAndDestroy());
};

/** A head that comes byte by byte and has no end; the connection ends when nobody waits any more. */
export const trickleHeaders: Fault = async (exchange) => {
  const { socket } = exchange.request;
  const head = headOf(exchange.answer);
  for (let sent = 0; !socket.destroyed; sent += 1) {
    socket.write(sent < 40 ? head.charAt(sent) : 'x');
    await wait(10);
  }
};

/** More headers than anybody should take: 1 MiB. */
export const giantHeaders: Fault = ({ request, answer }) => {
  const padding = `x-padding: ${'x'.repeat(1024 * 1024)}\r\n\r\n`;
  request.socket.write(headOf(answer).replace(/\r\n$/, padding), () => request.socket.destroy());
};

/** HTTP/1.0, as old proxies speak it: the end of the connection is the end of the body. */
export const http10: Fault = ({ request, answer }) => {
  const { 'content-length': _, ...headers } = answer.headers;
  const head = headOf({ ...answer, headers }).replace('HTTP/1.1', 'HTTP/1.0');
  request.socket.end(Buffer.concat([Buffer.from(head), request.method === 'HEAD' ? nothing : answer.body]));
};

/** So many informational answers before the real one. */
export function informational(count: number): Fault {
  return (exchange) => {
    exchange.request.socket.write(earlyHints.repeat(count));
    reply(exchange);
  };
}

/** No HTTP at all. */
export const notHttp: Fault = ({ request }) => void request.socket.end('220 mail.example.com ESMTP\r\n');

const earlyHints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n';
const nothing = Buffer.alloc(0);

function headOf({ status, headers }: Pick<FaultExchange['answer'], 'status' | 'headers'>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} OK\r\n${lines.join('')}\r\n`;
}
