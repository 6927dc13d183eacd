import { Worker } from 'node:worker_threads';

import { AskedThread } from '../io/asked-thread.ts';
import type { PatchSummary } from './patch-writer.ts';

/** An old tar in a file that this process has open, and keeps open until the patch is made. */
export interface OldFile {
  /** Its descriptor: threads of a process share them. */
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
}

/** What a thread is asked. A new beginning takes the place of a patch that was not finished. */
export type PatchRequest =
  | { readonly kind: 'begin'; readonly olds: readonly OldFile[] }
  | { readonly kind: 'write'; readonly piece: Uint8Array }
  | { readonly kind: 'finish' };

/** What came of it. */
export interface PatchNews {
  /** The next bytes of the patch, in order. */
  readonly output: readonly Uint8Array<ArrayBuffer>[];
  /** At its end. */
  readonly summary?: PatchSummary;
}

/** Pieces of the new tar that wait in the thread: so that it always has one. */
const mostInFlight = 4;

/** A thread that makes patches, one at a time. Needs about 200 MB, whatever the size of the tars. */
export class PatchThread {
  readonly #thread = new AskedThread<PatchRequest, PatchNews>(
    new Worker(new URL('./patch-worker.ts', import.meta.url)),
    'comparing',
  );

  /**
   * Describes a new tar by what is different from old ones: see `createPatchWriter`, which makes the bytes. Nothing is read faster than it is
   * worked on.
   *
   * @param sink gets the patch in pieces, which it may keep
   * @throws what the sink and the new tar throw, and `createPatchWriter`; nothing else is asked of this thread then but to end
   */
  async make(
    olds: readonly OldFile[],
    newTar: AsyncIterable<Uint8Array>,
    sink: (bytes: Uint8Array) => Promise<void>,
  ): Promise<PatchSummary> {
    const answers = [this.#ask({ kind: 'begin', olds })];
    const take = async (most: number): Promise<PatchSummary | undefined> => {
      let summary: PatchSummary | undefined;
      while (answers.length > most) {
        const news = await answers.shift();
        for (const bytes of news?.output ?? []) await sink(bytes);
        summary = news?.summary;
      }
      return summary;
    };
    for await (const piece of newTar) {
      // A copy: it is moved into the thread.
      const moved = new Uint8Array(piece);
      answers.push(this.#ask({ kind: 'write', piece: moved }, [moved.buffer]));
      await take(mostInFlight);
    }
    answers.push(this.#ask({ kind: 'finish' }));
    const summary = await take(0);
    if (summary === undefined) throw new TypeError('a patch ended without a summary');
    return summary;
  }

  /** Ends the thread. A patch under way fails. */
  async end(): Promise<void> {
    await this.#thread.end();
  }

  #ask(request: PatchRequest, moved?: readonly ArrayBuffer[]): Promise<PatchNews> {
    const answer = this.#thread.ask(request, moved);
    // The first one that fails is told of; those behind it fail, too.
    answer.catch(() => undefined);
    return answer;
  }
}
