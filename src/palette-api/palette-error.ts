import { PaletteEdgeError } from '../errors.ts';
import { HttpStatusError } from '../http/http-status-error.ts';
import { isRetryableStatus } from '../http/retry-policy.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';
import { withoutSecrets } from '../io/without-secrets.ts';

/** An answer of Palette that was not the one asked for. */
export interface RefusedCall {
  /** What was asked for, to begin the message with: `cluster profile 65c1…`. */
  readonly subject: string;
  readonly host: string;
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The body; empty when it had none or too much. */
  readonly text: string;
  /** The project that was named; undefined for none. */
  readonly projectUid: string | undefined;
  /** Taken out of the server's own words, should it repeat it. */
  readonly apiKey: string;
}

const maximumWords = 400;

/** Words a refusal by its status, with what Palette itself says, and what to do about it. */
export function paletteError(call: RefusedCall): PaletteEdgeError {
  const { status, subject } = call;
  const cause = new HttpStatusError(status, call.retryAfter);
  const answer = `${call.host} answered ${status}${serverWords(call)}`;
  const { code, kind, what = '', suggestions } = wordingOf(call);
  return new PaletteEdgeError(code, `${subject}${what}: ${answer}`, { kind, cause, suggestions });
}

interface Wording {
  readonly code: string;
  readonly kind: PaletteEdgeError['kind'];
  readonly what?: string;
  readonly suggestions: readonly string[];
}

function wordingOf(call: RefusedCall): Wording {
  const { status } = call;
  if (status === 401) return keyRefused(call);
  if (status === 403) return { ...forbidden, suggestions: [projectAdvice(call), ...forbidden.suggestions] };
  if (status === 404) return { ...notFound, suggestions: [...notFound.suggestions, projectAdvice(call)] };
  if (status === 429) return tooManyRequests;
  const group = Math.floor(status / 100);
  if (group === 3) return { ...redirected, suggestions: [endpointAdvice(call)] };
  if (group === 4) return { code: 'PALETTE_REFUSED', kind: 'usage', suggestions: [] };
  if (isRetryableStatus(status)) return serverFailure;
  return { code: 'UNEXPECTED_STATUS', kind: 'network', suggestions: [endpointAdvice(call)] };
}

function keyRefused({ host }: RefusedCall): Wording {
  return {
    code: 'PALETTE_KEY_REFUSED',
    kind: 'authentication',
    what: ': the API key is not accepted',
    suggestions: [
      'Check that the API key is complete and has not expired: My API Keys in the Palette console.',
      `A key holds for one Palette: is ${host} the right --palette-endpoint?`,
    ],
  };
}

const forbidden: Wording = {
  code: 'PALETTE_FORBIDDEN',
  kind: 'authentication',
  what: ': permission denied',
  suggestions: ['The user of the API key needs a role that may read cluster profiles there.'],
};
const notFound: Wording = {
  code: 'PALETTE_NOT_FOUND',
  kind: 'notFound',
  what: ' was not found',
  suggestions: ['See what there is: palette-edge profiles'],
};
const tooManyRequests: Wording = {
  code: 'TOO_MANY_REQUESTS',
  kind: 'network',
  what: ': too many requests',
  suggestions: ['Wait some minutes and run the same command again.'],
};
const serverFailure: Wording = {
  code: 'SERVER_FAILURE',
  kind: 'network',
  suggestions: ['Palette itself fails. Wait some minutes and run the same command again.'],
};
const redirected: Wording = {
  code: 'PALETTE_REDIRECTED',
  kind: 'network',
  what: ': it leads elsewhere',
  suggestions: [],
};

function projectAdvice({ projectUid }: RefusedCall): string {
  return projectUid === undefined
    ? 'Name the project that it belongs to: --project-id UID'
    : `Check the project: --project-id is ${projectUid}`;
}

/** What to do when the host is likely not Palette at all. */
export function endpointAdvice({ host }: Pick<RefusedCall, 'host'>): string {
  return `Check that ${host} is the API of Palette: --palette-endpoint HOST`;
}

/** Palette's own explanation, `{code, message, details, ref}`: ` (CODE: message; details; ref REF)`, or nothing. */
function serverWords({ text, apiKey }: RefusedCall): string {
  const shown = printable(withoutSecrets(errorFields(text), [apiKey]), maximumWords);
  return shown === '' ? '' : ` (${shown})`;
}

function errorFields(text: string): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return '';
  }
  if (!isRecord(document)) return '';
  const { code, message, details, ref } = document;
  const named = [code, message]
    .map(textOf)
    .filter((part) => part !== '')
    .join(': ');
  const reference = textOf(ref);
  const parts = [named, textOf(details), reference === '' ? '' : `ref ${reference}`];
  return parts.filter((part) => part !== '').join('; ');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return isRecord(value) && Object.keys(value).length > 0 ? JSON.stringify(value) : '';
}
