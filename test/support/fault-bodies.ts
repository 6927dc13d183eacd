import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { send } from './fault-registry.ts';
import type { Fault, FaultExchange } from './fault-registry.ts';

/** The whole head, so many bytes of the body, then the connection ends. */
export function cutBody(bytes: number): Fault {
  return (exchange) => cutAfter(exchange, exchange.answer.body.subarray(0, bytes));
}

/** As {@link cutBody}, without saying how long the body would be. */
export function cutBodyOfUnknownLength(bytes: number): Fault {
  return (exchange) => {
    const { 'content-length': _, ...headers } = exchange.answer.headers;
    const { response, answer } = exchange;
    response.writeHead(answer.status, headers);
    response.write(answer.body.subarray(0, bytes), () => response.destroy());
  };
}

/** One bit of the body is not what it should be. */
export const wrongBytes: Fault = (exchange) => {
  const body = Buffer.from(exchange.answer.body);
  const middle = Math.floor(body.length / 2);
  body.writeUInt8(body.readUInt8(middle) ^ 1, middle);
  send(exchange, { ...exchange.answer, body });
};

/** A body with some bytes less or more, and the Content-Length of that. */
export function resizedBody(difference: number): Fault {
  return (exchange) => {
    const { answer } = exchange;
    const longer = Buffer.alloc(Math.max(0, difference), ' ');
    const body = Buffer.concat([answer.body, longer]).subarray(0, answer.body.length + difference);
    const headers = { ...answer.headers, 'content-length': String(body.length) };
    send(exchange, { ...answer, headers, body });
  };
}

/** The right body behind a Content-Length that is wrong; then the connection ends. */
export function wrongContentLength(difference: number): Fault {
  return ({ response, answer: { status, headers, body } }) => {
    const length = String(body.length + difference);
    response.writeHead(status, { ...headers, 'content-length': length, connection: 'close' });
    response.end(body);
  };
}

/** The right body in chunks, without its length. */
export const chunked: Fault = async ({ request, response, answer }) => {
  const { 'content-length': _, ...headers } = answer.headers;
  response.writeHead(answer.status, headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  for (let start = 0; start < answer.body.length && !response.destroyed; start += 9973) {
    response.write(answer.body.subarray(start, start + 9973));
    await wait(0);
  }
  response.end();
};

/** Compressed, though nobody asked for it. */
export const gzipEncoded: Fault = (exchange) => {
  const { answer } = exchange;
  const body = gzipSync(answer.body, { level: 1 });
  const headers = { ...answer.headers, 'content-encoding': 'gzip', 'content-length': String(body.length) };
  send(exchange, { ...answer, headers, body });
};

/** Says that it is compressed, and is not. */
export const gzipClaimed: Fault = (exchange) => {
  const { answer } = exchange;
  send(exchange, { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } });
};

/** What proxies and login pages of hotels say, with 200. */
export const htmlPage: Fault = (exchange) => {
  const body = Buffer.from('<!doctype html><title>Welcome</title><p>Please log in to our network.');
  const headers = { 'content-type': 'text/html', 'content-length': String(body.length) };
  send(exchange, { ...exchange.answer, status: 200, headers, body });
};

/** An answer that goes on as long as somebody reads it. */
export const endlessBody: Fault = async ({ request, response, answer }) => {
  const { 'content-length': _, ...headers } = answer.headers;
  response.writeHead(200, headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const piece = Buffer.alloc(64 * 1024, ' ');
  while (!response.destroyed) {
    await new Promise((written) => {
      response.write(piece, written);
    });
  }
};

/** The beginning of the body, then nothing: the connection stays. */
export function stallAfter(bytes: number): Fault {
  return ({ response, answer }) => {
    response.writeHead(answer.status, answer.headers);
    response.write(answer.body.subarray(0, bytes));
  };
}

/** Some bytes of the body, one by one, then the connection ends. */
export function trickleBody(bytes: number): Fault {
  return async (exchange) => {
    const { response, answer } = exchange;
    response.writeHead(answer.status, answer.headers);
    for (let sent = 0; sent < bytes && !response.destroyed; sent += 1) {
      response.write(answer.body.subarray(sent, sent + 1));
      await wait(5);
    }
    response.destroy();
  };
}

function cutAfter({ request, response, answer }: FaultExchange, body: Buffer): void {
  response.writeHead(answer.status, answer.headers);
  if (request.method === 'HEAD' || body.length === 0) response.destroy();
  else response.write(body, () => response.destroy());
}
