import { PaletteEdgeError } from '../errors.ts';
import { formatRepository } from '../oci/reference.ts';
import type { RepositoryName } from './repository-name.ts';

/** A place that was asked in vain. */
export interface RouteFailure {
  readonly route: RepositoryName;
  readonly error: PaletteEdgeError;
}

const maximumReason = 240;

/**
 * Takes note of what a route threw, so that the next one is asked.
 *
 * @throws what is no failure of a place: the signal's reason when aborted, a bug
 */
export function routeFailure(
  route: RepositoryName,
  error: unknown,
  signal: AbortSignal | undefined,
): RouteFailure {
  signal?.throwIfAborted();
  if (!(error instanceof PaletteEdgeError)) throw error;
  route.mirror?.health?.failed(error);
  return { route, error };
}

/**
 * The error when every place failed: that of the repository as it was written, with what the mirrors said behind it. Its
 * code and kind are those of the repository itself.
 */
export function allRoutesFailed(failures: readonly RouteFailure[]): PaletteEdgeError {
  const own = failures.find(({ route }) => route.mirror === undefined) ?? failures.at(-1);
  if (own === undefined) throw new TypeError('nothing was asked');
  const mirrors = failures.filter((failure) => failure !== own);
  if (mirrors.length === 0) return own.error;
  const { code, message, kind, cause, details } = own.error;
  const reasons = mirrors.map(({ route, error }) => `mirror ${formatRepository(route)}: ${shortened(error)}`);
  // What helps with a mirror, too: often the mirror is all that can be reached.
  const suggestions = [...own.error.suggestions, ...mirrors.flatMap(({ error }) => error.suggestions)];
  return new PaletteEdgeError(code, [message, ...reasons].join('; '), {
    kind,
    cause,
    suggestions: [...new Set(suggestions)],
    details,
  });
}

function shortened({ message }: PaletteEdgeError): string {
  return message.length > maximumReason ? `${message.slice(0, maximumReason)}…` : message;
}

/** Asks one place after the other, until one gives an answer. */
export async function askInTurn<T>(
  routes: readonly RepositoryName[],
  ask: (route: RepositoryName) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const failures: RouteFailure[] = [];
  for (const route of routes) {
    try {
      return await ask(route);
    } catch (error) {
      failures.push(routeFailure(route, error, signal));
    }
  }
  throw allRoutesFailed(failures);
}
