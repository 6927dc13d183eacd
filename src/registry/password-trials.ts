import type { HttpResponse } from '../http/http-response.ts';
import { isRetryableStatus } from '../http/retry-policy.ts';
import { untilAborted } from '../io/until-aborted.ts';
import type { Authorization } from './authorization.ts';

/** What became of a request that showed a password. */
interface Shown {
  /** See {@link isPasswordRefused}. */
  readonly isPasswordRefused: boolean | undefined;
}

/**
 * Whether an answer refused the password itself: 401 from the server it belongs to. Undefined for one that says nothing
 * of it, because the server is too busy to look.
 */
export function isPasswordRefused({ status, hasLeftOrigin }: HttpResponse): boolean | undefined {
  if (status === 401) return !hasLeftOrigin;
  return isRetryableStatus(status) ? undefined : false;
}

/**
 * Basic authorization sends a password with every request, and a wrong one sent for each of a hundred images locks an account.
 * So the first request that shows a password to a server goes alone, and when it is refused there, no other shows it again:
 * all get that answer. The same holds for servers that give tokens for a password.
 */
export class PasswordTrials<T extends Shown> {
  readonly #trials = new Map<string, Promise<T | 'taken' | 'untried'>>();

  /**
   * Sends a request, or gives the answer that refused its password before.
   *
   * @param origin of the server
   * @throws what `send` throws; that says nothing of the password, and the next request tries it
   */
  async send(
    origin: string,
    authorization: Authorization | undefined,
    { send, signal }: { readonly send: () => Promise<T>; readonly signal: AbortSignal | undefined },
  ): Promise<T> {
    if (authorization?.header.startsWith('Basic ') !== true) return await send();
    const key = `${origin} ${authorization.header}`;
    for (;;) {
      const trial = this.#trials.get(key);
      if (trial === undefined) return await this.#try(key, send);
      const outcome = await untilAborted(trial, signal);
      if (outcome === 'untried') continue;
      return outcome === 'taken' ? await send() : outcome;
    }
  }

  async #try(key: string, send: () => Promise<T>): Promise<T> {
    const sent = send();
    this.#trials.set(key, this.#outcomeOf(key, sent));
    return await sent;
  }

  async #outcomeOf(key: string, sent: Promise<T>): Promise<T | 'taken' | 'untried'> {
    const answer = await sent.catch(() => undefined);
    if (answer?.isPasswordRefused === true) return answer;
    if (answer?.isPasswordRefused === false) return 'taken';
    // Before those who wait for it look again.
    this.#trials.delete(key);
    return 'untried';
  }
}
