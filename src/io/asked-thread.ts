import type { Worker } from 'node:worker_threads';

import { errorOfFailure } from './thread-failure.ts';
import type { ThreadFailure } from './thread-failure.ts';

/** What a thread answers to each request, in turn. */
export type ThreadAnswer<News> = { readonly news: News } | { readonly failure: ThreadFailure };

/** A thread that answers each request, in turn. It keeps no process from ending unless it was asked something. */
export class AskedThread<Request, News> {
  readonly #worker: Worker;
  readonly #work: string;
  readonly #waiting: PromiseWithResolvers<News>[] = [];
  #failure: Error | undefined;

  /** @param work what it does, for messages: `squeezing` */
  constructor(worker: Worker, work: string) {
    this.#worker = worker;
    this.#work = work;
    worker.on('message', (answer: ThreadAnswer<News>) => {
      const waiting = this.#waiting.shift();
      if ('news' in answer) waiting?.resolve(answer.news);
      else waiting?.reject(errorOfFailure(work, answer.failure));
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error(`a ${work} thread has ended`)));
    // It waits for work, and is not what a process has to wait for.
    worker.unref();
  }

  /** Whether it died, or was ended: nothing is answered any more. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Asks it something.
   *
   * @param moved memory of the request that it gets, and nobody else has any more
   * @throws what the thread threw, or why it is not there any more
   */
  async ask(request: Request, moved: readonly ArrayBuffer[] = []): Promise<News> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker.postMessage(request, moved);
    // Not before it is sent: one that cannot be sent gets no answer, and would take that of the next one.
    const answer = Promise.withResolvers<News>();
    this.#waiting.push(answer);
    if (this.#waiting.length === 1) this.#worker.ref();
    try {
      return await answer.promise;
    } finally {
      this.#letProcessEnd();
    }
  }

  /** Ends the thread. What it was asked fails. */
  async end(): Promise<void> {
    this.#fail(new Error(`the ${this.#work} threads have ended`));
    // Its end is waited for, whatever else the process has to do.
    this.#worker.ref();
    await this.#worker.terminate();
  }

  /** Unless it is asked something, or is being ended: that is waited for. */
  #letProcessEnd(): void {
    if (this.#waiting.length === 0 && this.#failure === undefined) this.#worker.unref();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}
