import type { Socket } from 'node:net';

import { maximumWaitingRequests } from './registry-limits.ts';

interface Turns {
  /** Requests that are answered or wait. */
  count: number;
  last: Promise<void>;
}

/**
 * Answers the requests of a connection one after the other. Node hands over all that a client has sent (RFC 9112, 9.3.2,
 * pipelining), and keeps the answers of the later ones in memory until it is their turn: here they are not even begun.
 */
export class ConnectionTurns {
  readonly #turns = new WeakMap<Socket, Turns>();

  /**
   * Runs an answer when those before it on its connection are over. A connection with more requests waiting than
   * {@link maximumWaitingRequests} is cut off, and the answer not run.
   *
   * @param answer takes care of its failures, and ends when the answer is sent or its connection gone
   */
  async run(socket: Socket, answer: () => Promise<void>): Promise<void> {
    const turns = this.#turns.get(socket) ?? { count: 0, last: Promise.resolve() };
    this.#turns.set(socket, turns);
    if (turns.count > maximumWaitingRequests) {
      socket.destroy();
      return;
    }
    turns.count += 1;
    const before = turns.last;
    turns.last = (async () => {
      await before;
      await answer();
      turns.count -= 1;
    })();
    await turns.last;
  }
}
