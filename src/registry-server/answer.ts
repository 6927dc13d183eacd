import { ApiError } from './api-error.ts';

/** What a request is answered with: plain data, sent by {@link sendAnswer}. */
export interface Answer {
  readonly status: number;
  /** With `content-length` wherever the status allows one. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or how to open the content. An answer to HEAD has the same headers, and this is not looked at. */
  readonly body?: string | (() => Promise<AsyncIterable<Uint8Array>>);
}

/** An answer without a body. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>>): Answer {
  // RFC 9110, 8.6: 204 must not have a length.
  return { status, headers: status === 204 ? headers : { ...headers, 'content-length': '0' } };
}

/** An answer with a JSON document; `application/json` unless the headers say otherwise. */
export function jsonAnswer(
  status: number,
  document: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = JSON.stringify(document);
  return {
    status,
    headers: {
      'content-type': 'application/json',
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  };
}

/** The answer to a request that failed (distribution-spec 1.1, "Error Codes"). Failures of our own tell no details. */
export function errorAnswer(error: unknown): Answer {
  if (error instanceof ApiError) return jsonAnswer(error.status, { errors: error.entries }, error.headers);
  return jsonAnswer(500, { errors: [{ code: 'UNKNOWN', message: 'the registry failed' }] });
}
