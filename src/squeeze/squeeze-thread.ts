import { Worker } from 'node:worker_threads';

import { PaletteEdgeError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import type { SqueezeNews, SqueezeTask } from './squeeze-job.ts';

/** What a thread is asked. Jobs have numbers of their own in each thread. */
export type SqueezeRequest =
  | { readonly kind: 'begin'; readonly job: number; readonly task: SqueezeTask }
  | { readonly kind: 'write'; readonly job: number; readonly piece: Uint8Array }
  | { readonly kind: 'finish' | 'drop'; readonly job: number };

/** What a thread answers to each request, in turn. After a failure the job is gone. */
export type SqueezeAnswer = { readonly news: SqueezeNews } | { readonly failure: SqueezeFailure };

/** What is left of an error on its way between threads. */
export interface SqueezeFailure {
  readonly message: string;
  /** Of a PaletteEdgeError, as what follows. */
  readonly code?: string;
  readonly kind?: ErrorKind;
  readonly suggestions?: readonly string[];
}

/** A job in a thread. */
export interface ThreadJob {
  /** Takes a piece, which must be left alone until the promise settles. Several may be under way; they are taken in order. */
  write(piece: Uint8Array): Promise<SqueezeNews>;
  finish(): Promise<SqueezeNews>;
  /** Frees what it holds: after `finish` too. */
  drop(): void;
}

/** One thread, and what it was asked. */
export class SqueezeThread {
  readonly #worker = new Worker(new URL('./squeeze-worker.ts', import.meta.url));
  readonly #waiting: PromiseWithResolvers<SqueezeNews>[] = [];
  #failure: Error | undefined;
  #jobs = 0;
  #open = 0;

  constructor() {
    this.#worker.on('message', (answer: SqueezeAnswer) => {
      const waiting = this.#waiting.shift();
      if ('news' in answer) waiting?.resolve(answer.news);
      else waiting?.reject(errorOf(answer.failure));
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('a squeezing thread has ended')));
    // It waits for work, and is not what a process has to wait for.
    this.#worker.unref();
  }

  /** How many jobs it has. */
  get load(): number {
    return this.#open;
  }

  /** Whether it died, or was ended: all its jobs fail. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Begins a job. It fails with its first piece, or its end, when it cannot be begun. */
  begin(task: SqueezeTask): ThreadJob {
    this.#jobs += 1;
    this.#open += 1;
    const job = this.#jobs;
    const begun = this.#ask({ kind: 'begin', job, task });
    // Who waits for nothing else is told of it by what comes next.
    begun.catch(() => undefined);
    let open = true;
    return {
      write: async (piece) => {
        const written = this.#ask({ kind: 'write', job, piece });
        return (await Promise.all([begun, written]))[1];
      },
      finish: async () => {
        const finished = this.#ask({ kind: 'finish', job });
        return (await Promise.all([begun, finished]))[1];
      },
      drop: () => {
        if (!open) return;
        open = false;
        this.#open -= 1;
        this.#ask({ kind: 'drop', job }).catch(() => undefined);
      },
    };
  }

  /** Ends the thread. Jobs under way fail. */
  async end(): Promise<void> {
    this.#fail(new Error('the squeezing threads have ended'));
    // Its end is waited for, whatever else the process has to do.
    this.#worker.ref();
    await this.#worker.terminate();
  }

  async #ask(request: SqueezeRequest): Promise<SqueezeNews> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker.postMessage(request);
    // Not before it is sent: one that cannot be sent gets no answer, and would take that of the next one.
    const answer = Promise.withResolvers<SqueezeNews>();
    this.#waiting.push(answer);
    if (this.#waiting.length === 1) this.#worker.ref();
    try {
      return await answer.promise;
    } finally {
      this.#letProcessEnd();
    }
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

function errorOf({ message, code, kind, suggestions }: SqueezeFailure): Error {
  if (code === undefined || kind === undefined) return new Error(`squeezing failed: ${message}`);
  return new PaletteEdgeError(code, message, { kind, suggestions: suggestions ?? [] });
}
