import { PaletteEdgeError } from '../../src/errors.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';

/** Every code that a fault of a registry may lead to. One that is not here is a surprise, and a failure of the soak. */
const knownCodes: ReadonlySet<string> = new Set([
  'ACCESS_DENIED',
  'BLOB_NOT_FOUND',
  'BLOB_SIZE_UNKNOWN',
  'CONNECTION_FAILED',
  'CONNECTION_LOST',
  'CONNECTION_REFUSED',
  'CONNECTION_STALLED',
  'CONNECTION_TIMEOUT',
  'DIGEST_MISMATCH',
  'ENCODING_INVALID',
  'IMAGE_NOT_FOUND',
  'LINK_REFUSED',
  'LOGIN_SERVER_NOT_FOUND',
  'MANIFEST_INVALID',
  'NOT_HTTP',
  'RANGE_IGNORED',
  'REDIRECT_INVALID',
  'RESPONSE_INVALID',
  'RESPONSE_TOO_LARGE',
  'RESUME_UNSUPPORTED',
  'SERVER_FAILURE',
  'SIZE_MISMATCH',
  'STORAGE_REFUSED',
  'TOKEN_INVALID',
  'TOO_MANY_REDIRECTS',
  'TOO_MANY_REQUESTS',
  'UNEXPECTED_ENCODING',
  'UNEXPECTED_RANGE',
  'UNEXPECTED_STATUS',
]);

/** Exit codes of builds that registries make fail: authentication, not found, content, network, incomplete. */
const knownExits: ReadonlySet<number> = new Set([3, 4, 5, 6, 8]);

/** A failed build as plain data: what `--json` says of it. */
export interface SoakFailure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly details?: { readonly failures?: readonly { readonly code: string }[] };
}

/** What an error says, or undefined when it is no error for a user: a bug. */
export function failureOf(error: unknown): SoakFailure | undefined {
  if (!(error instanceof PaletteEdgeError)) return undefined;
  const { code, message, oclif, details } = error;
  return { code, message, exitCode: oclif.exit, ...(details === undefined ? {} : { details }) };
}

/** The codes of the images that failed, each once. */
function failedCodes({ code, details }: SoakFailure): string[] {
  const codes = details?.failures?.map((failure) => failure.code) ?? [];
  return codes.length === 0 ? [code] : [...new Set(codes)].toSorted();
}

/** What is wrong with how a build failed; nothing when a person can act on it. */
export function unclear(failure: SoakFailure): string[] {
  const { exitCode, message } = failure;
  return [
    ...failedCodes(failure)
      .filter((code) => !knownCodes.has(code))
      .map((code) => `an error with the unknown code ${code}: ${message}`),
    ...(knownExits.has(exitCode) ? [] : [`exit code ${exitCode}: ${message}`]),
    ...(message.trim() === '' ? ['an error without a message'] : []),
  ];
}

/** How a build ended: with one of the two, or with neither when it was ended from outside. */
export interface RunEnd {
  readonly result?: BuildResult;
  readonly failure?: SoakFailure;
  /** What must never be. */
  readonly problems: readonly string[];
}

/** How a build ended, in a few words. */
export function endingOf({ result, failure }: RunEnd): string {
  if (result !== undefined) return result.failures.length === 0 ? 'right' : 'incomplete';
  return failure === undefined ? 'none' : failedCodes(failure).join(' ');
}
