import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';
import { withoutSecrets } from '../io/without-secrets.ts';

/** An answer that was not the one asked for. */
export interface RefusedExchange {
  /** What was asked for, to begin the message with: `ghcr.io/org/app:1.0`. */
  readonly subject: string;
  /** The registry as the user wrote it. */
  readonly registry: string;
  /** Who answered: another host than the registry's after a redirect. */
  readonly host: string;
  readonly isRedirected: boolean;
  readonly status: number;
  readonly retryAfter?: string;
  /** The body, empty when it had none or too much. */
  readonly text: string;
  readonly notFoundCode: string;
  /** Where the credentials that were sent came from; undefined when none were. */
  readonly credentialOrigin?: string;
  /** Taken out of the registry's own words, should it repeat them. */
  readonly secrets?: readonly string[];
}

const maximumWords = 300;
const maximumErrors = 3;

/** Words a refusal by its status: authentication, not found, or a failing server. */
export function registryError(exchange: RefusedExchange): PaletteEdgeError {
  const { status, subject, registry } = exchange;
  const cause = new HttpStatusError(status, exchange.retryAfter);
  const answer = answerOf(exchange);
  if (exchange.isRedirected && [400, 401, 403].includes(status)) {
    const message = `${subject}: ${answer} to a link given by ${registry}`;
    return new PaletteEdgeError('STORAGE_REFUSED', message, { kind: 'network', cause });
  }
  if (status === 401 || status === 403) return accessDenied(exchange);
  if (status === 404) {
    return new PaletteEdgeError(exchange.notFoundCode, `${subject} was not found: ${answer}`, {
      kind: 'notFound',
      cause,
      suggestions: ['Check the spelling of registry, repository, tag and digest.'],
    });
  }
  if (status === 429) {
    return new PaletteEdgeError('TOO_MANY_REQUESTS', `${subject}: ${answer}: too many requests`, {
      kind: 'network',
      cause,
      suggestions: [
        'Wait some minutes and run the same command again: what is done so far is kept.',
        `Registries allow more to those who log in: palette-edge login ${registry}`,
      ],
    });
  }
  // 501 says that the method is not known, not that the server fails: of HEAD, some proxies say so.
  const code = status >= 500 && status !== 501 ? 'SERVER_FAILURE' : 'UNEXPECTED_STATUS';
  return new PaletteEdgeError(code, `${subject}: ${answer}`, { kind: 'network', cause });
}

/** The error for a registry or login server that does not let us in, with what it was shown. */
export function accessDenied(exchange: RefusedExchange): PaletteEdgeError {
  const { subject, registry, credentialOrigin } = exchange;
  const shown =
    credentialOrigin === undefined
      ? `no credentials for ${registry} were found`
      : `the credentials are those of ${credentialOrigin}`;
  return new PaletteEdgeError('ACCESS_DENIED', `${subject}: access denied: ${answerOf(exchange)}; ${shown}`, {
    kind: 'authentication',
    cause: new HttpStatusError(exchange.status),
    suggestions: [
      `Log in: palette-edge login ${registry}`,
      'Or name a credentials file: --cred-file-path FILE',
      'Check the name too: many registries answer the same for what does not exist.',
    ],
  });
}

function answerOf(exchange: RefusedExchange): string {
  return `${exchange.host} answered ${exchange.status}${registryWords(exchange)}`;
}

/**
 * The registry's own explanation (distribution-spec, error codes): ` (CODE: message)`, or nothing. None of whoever a link
 * led to: it may repeat the link, and links are signed.
 */
function registryWords({ text, isRedirected, secrets = [] }: RefusedExchange): string {
  if (isRedirected) return '';
  const words = errorsIn(text).map(({ code, message }) => [code, message].filter(Boolean).join(': '));
  const shown = printable(withoutSecrets(words.join('; '), secrets), maximumWords);
  return shown === '' ? '' : ` (${shown})`;
}

function errorsIn(text: string): { code: string; message: string }[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  if (!isRecord(document)) return [];
  const list: unknown[] = Array.isArray(document['errors']) ? document['errors'] : [document];
  return list
    .slice(0, maximumErrors)
    .filter(isRecord)
    .map(({ code, message, details }) => ({
      code: typeof code === 'string' ? code : '',
      message: typeof message === 'string' ? message : typeof details === 'string' ? details : '',
    }));
}
