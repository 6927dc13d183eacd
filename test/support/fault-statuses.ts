import { textAnswer } from './fault-content.ts';
import { send } from './fault-registry.ts';
import type { Fault } from './fault-registry.ts';

/** Another status than the one it should be, with an error document as registries send it. */
export function failWith(status: number, headers: Record<string, string> = {}): Fault {
  return (exchange) =>
    send(exchange, textAnswer(status, '{"errors":[{"code":"UNKNOWN","message":"not now"}]}', headers));
}

/** 429, with or without a `Retry-After`. */
export function tooManyRequests(retryAfter?: string): Fault {
  return failWith(429, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
}

/** The good answer without one of its headers. */
export function withoutHeader(name: string): Fault {
  return (exchange) => {
    const { answer } = exchange;
    const headers = Object.entries(answer.headers).filter(([key]) => key !== name);
    send(exchange, { ...answer, headers: Object.fromEntries(headers) });
  };
}

/** The good answer with another value of one header. */
export function withHeader(name: string, value: string): Fault {
  return (exchange) => {
    const { answer } = exchange;
    send(exchange, { ...answer, headers: { ...answer.headers, [name]: value } });
  };
}
