import { untilAborted } from '../io/until-aborted.ts';
import type { Authorization } from './authorization.ts';

/** What became of a request that showed a password. */
interface Shown {
  /** Whether the password itself was refused: 401 from the registry it belongs to. */
  readonly isPasswordRefused: boolean;
}

/**
 * Basic authorization sends a password with every request, and a wrong one sent for each of a hundred images locks an account.
 * So the first request that shows a password to a registry goes alone, and when it is refused there, no other shows it again:
 * all get that answer.
 */
export class PasswordTrials<T extends Shown> {
  readonly #trials = new Map<string, Promise<T | undefined>>();

  /**
   * Sends a request, or gives the answer that refused its password before.
   *
   * @throws what `send` throws; that says nothing of the password, and the next request tries it
   */
  async send(
    registry: string,
    authorization: Authorization | undefined,
    { send, signal }: { readonly send: () => Promise<T>; readonly signal: AbortSignal | undefined },
  ): Promise<T> {
    if (authorization?.header.startsWith('Basic ') !== true) return await send();
    const key = `${registry} ${authorization.header}`;
    for (;;) {
      const trial = this.#trials.get(key);
      if (trial === undefined) return await this.#try(key, send);
      const refused = await untilAborted(trial, signal).catch(() => {
        signal?.throwIfAborted();
        return 'untried' as const;
      });
      if (refused === 'untried') continue;
      return refused ?? (await send());
    }
  }

  async #try(key: string, send: () => Promise<T>): Promise<T> {
    const sent = send();
    const trial = sent.then((answer) => (answer.isPasswordRefused ? answer : undefined));
    this.#trials.set(key, trial);
    // Before those who wait for it look again.
    trial.catch(() => this.#trials.delete(key));
    return await sent;
  }
}
