import { Worker } from 'node:worker_threads';

import { AskedThread } from '../io/asked-thread.ts';
import type { SqueezeNews, SqueezeTask } from './squeeze-job.ts';

/** What a thread is asked. Jobs have numbers of their own in each thread. After a failure the job is gone. */
export type SqueezeRequest =
  | { readonly kind: 'begin'; readonly job: number; readonly task: SqueezeTask }
  | { readonly kind: 'write'; readonly job: number; readonly piece: Uint8Array }
  | { readonly kind: 'finish' | 'drop'; readonly job: number };

/** A job in a thread. */
export interface ThreadJob {
  /** Takes a piece, which must be left alone until the promise settles. Several may be under way; they are taken in order. */
  write(piece: Uint8Array): Promise<SqueezeNews>;
  finish(): Promise<SqueezeNews>;
  /** Frees what it holds: after `finish` too. */
  drop(): void;
}

/** One thread, and the jobs that it has. */
export class SqueezeThread {
  readonly #thread = new AskedThread<SqueezeRequest, SqueezeNews>(
    new Worker(new URL('./squeeze-worker.ts', import.meta.url)),
    'squeezing',
  );
  #jobs = 0;
  #open = 0;

  /** How many jobs it has. */
  get load(): number {
    return this.#open;
  }

  /** Whether it died, or was ended: all its jobs fail. */
  get failed(): boolean {
    return this.#thread.failed;
  }

  /** Begins a job. It fails with its first piece, or its end, when it cannot be begun. */
  begin(task: SqueezeTask): ThreadJob {
    this.#jobs += 1;
    this.#open += 1;
    const job = this.#jobs;
    const begun = this.#thread.ask({ kind: 'begin', job, task });
    // Who waits for nothing else is told of it by what comes next.
    begun.catch(() => undefined);
    let open = true;
    return {
      write: async (piece) => {
        const written = this.#thread.ask({ kind: 'write', job, piece });
        return (await Promise.all([begun, written]))[1];
      },
      finish: async () => {
        const finished = this.#thread.ask({ kind: 'finish', job });
        return (await Promise.all([begun, finished]))[1];
      },
      drop: () => {
        if (!open) return;
        open = false;
        this.#open -= 1;
        this.#thread.ask({ kind: 'drop', job }).catch(() => undefined);
      },
    };
  }

  /** Ends the thread. Jobs under way fail. */
  async end(): Promise<void> {
    await this.#thread.end();
  }
}
