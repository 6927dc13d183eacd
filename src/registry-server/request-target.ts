import { refusal } from './api-error.ts';

/** What a request asks for. */
export interface RequestTarget {
  /** As the client sent it. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Splits the target of a request (RFC 9112, 3.2), which may name the server, too. The URL class would resolve `..`, and
 * hide what was asked for.
 */
export function splitTarget(target: string): RequestTarget {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  const path = mark === -1 ? local : local.slice(0, mark);
  return { path, query: new URLSearchParams(mark === -1 ? '' : local.slice(mark + 1)) };
}

/**
 * Decodes a path: some clients write the colon of a digest as `%3A`. What comes out is validated wherever it is used.
 *
 * @throws ApiError 400 for a path that is not well encoded
 */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) throw refusal(400, 'NAME_INVALID', 'the path is not well encoded');
    throw error;
  }
}
