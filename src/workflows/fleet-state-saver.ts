import { withBuilt } from '../fleet/fleet-state.ts';
import type { BuiltForSites } from '../fleet/fleet-state.ts';
import { changeState } from './fleet-state-file.ts';
import type { StateOwner } from './fleet-state-file.ts';

/**
 * Writes into a state what a run has built, after each bundle; what is built while the file is written goes into it together, the next time. All of the run is
 * written each time: what no site needed at first, as the base of the next delta bundle, may be needed by then.
 */
export class StateSaver {
  readonly #owner: StateOwner;
  readonly #taken: BuiltForSites[] = [];
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(owner: StateOwner) {
    this.#owner = owner;
  }

  /**
   * Resolves when the state has them.
   *
   * @throws PaletteEdgeError as `changeState` does
   */
  async take(bundles: readonly BuiltForSites[]): Promise<void> {
    this.#taken.push(...bundles);
    this.#next ??= this.#afterRunning();
    await this.#next;
  }

  async #afterRunning(): Promise<void> {
    // Whoever waits for that one is told how it ended.
    await this.#running.catch(() => undefined);
    const next = changeState(this.#owner, (now) => withBuilt(now, this.#taken));
    this.#running = next;
    this.#next = undefined;
    await next;
  }
}
