import pLimit from 'p-limit';

import { PaletteEdgeError } from '../errors.ts';
import { untilAborted } from '../io/until-aborted.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Analysis, AnalysisOptions } from './analysis.ts';
import type { PlainSource } from './plain-source.ts';
import type { Recipe } from './recipe.ts';
import { restoreGzip } from './restore-gzip.ts';
import type { RestoreThreads } from './restore-gzip.ts';
import { SharedPieces, sharedPieceSize } from './shared-pieces.ts';
import type { SqueezeNews, SqueezeTask } from './squeeze-job.ts';
import { SqueezeThread } from './squeeze-thread.ts';
import type { ThreadJob } from './squeeze-thread.ts';

/** Opens the bytes of a gzip file from the beginning. A piece is done with when the next one is asked for. */
export type OpenGzip = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** Pieces that wait in a thread: so that it always has one. */
const mostInFlight = 4;

/** A piece of gzip gives up to 1032 times its size. */
const inflatedPieceSize = 16 * 1024;

/**
 * Threads that look for recipes and restore gzip files. Memory is bounded by their number, not by what they work on. Nothing is read
 * faster than it is worked on.
 */
export class SqueezeThreads implements AsyncDisposable {
  readonly #count: number;
  #threads: readonly SqueezeThread[] = [];
  readonly #analyses: ReturnType<typeof pLimit>;
  readonly #pieces = new SharedPieces();
  #ended = false;

  /** @param count how many threads; each is started when it is first needed */
  constructor(count: number) {
    this.#count = count;
    this.#analyses = pLimit(count);
  }

  /**
   * Looks for a recipe of a gzip file. As many at a time as there are threads; others wait for their turn.
   *
   * @param open is called once, and again where what looked right at the beginning turns out wrong later in the file
   * @throws PaletteEdgeError `DIGEST_MISMATCH` (kind content) when the bytes are not those of the digest
   */
  async analyze(
    gzip: BlobIdentity,
    open: OpenGzip,
    options: AnalysisOptions & { readonly signal: AbortSignal },
  ): Promise<Analysis> {
    return await this.#analyses(async () => await this.#analyze(gzip, open, options));
  }

  /**
   * The plain bytes of a gzip file that has a recipe: those its recipe begins from. A piece belongs to whoever takes it.
   *
   * @throws PaletteEdgeError `GZIP_INVALID` (kind content) when it is not valid gzip
   */
  async *inflate(content: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const job = this.#begin({ kind: 'inflate' });
    try {
      const pieces = cut(content, inflatedPieceSize);
      for await (const { output } of this.#write(job, pieces, signal)) yield* output;
      yield* (await untilAborted(job.finish(), signal)).output;
    } finally {
      job.drop();
    }
  }

  /**
   * The exact bytes of a gzip file, in order. A piece belongs to whoever takes it. One file is restored by all threads where its
   * recipe allows it. The iteration throws instead of ending when digest or size do not match.
   *
   * @throws PaletteEdgeError `RECIPE_MISMATCH` (kind content) when recipe and plain bytes do not give the file's bytes,
   *   `RECIPE_UNSUPPORTED` when a later version has written the recipe
   */
  restore(recipe: Recipe, plain: PlainSource, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const threads: RestoreThreads = {
      count: this.#count,
      begin: (task) => this.#begin(task),
      pieces: this.#pieces,
    };
    return restoreGzip({ recipe, plain }, threads, signal);
  }

  /** Ends the threads. What is under way fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#threads.map(async (thread) => await thread.end()));
  }

  async #analyze(
    gzip: BlobIdentity,
    open: OpenGzip,
    { signal, ...options }: AnalysisOptions & { readonly signal: AbortSignal },
  ): Promise<Analysis> {
    signal.throwIfAborted();
    const job = this.#begin({ kind: 'analyze', size: gzip.size, options });
    try {
      for (;;) {
        await this.#feed(job, open(signal), signal);
        const { analyzed } = await untilAborted(job.finish(), signal);
        if (analyzed === undefined) throw new TypeError('an analysis ended without a result');
        if (analyzed.actual !== undefined) requireSame(gzip, analyzed.actual);
        if (analyzed.pass.outcome !== 'again') return analyzed.pass;
      }
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      return { outcome: 'kept', reason: 'no-memory', text: 'looking for its recipe takes too much memory' };
    } finally {
      job.drop();
    }
  }

  /** Sends a file until the analysis has seen enough. */
  async #feed(job: ThreadJob, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    for await (const { decided } of this.#write(job, cut(content, sharedPieceSize), signal)) {
      if (decided === true) return;
    }
  }

  /** Sends pieces, some ahead of the answers, which come in order. One may take seconds: nobody waits for it who wants to stop. */
  async *#write(
    job: ThreadJob,
    pieces: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<SqueezeNews> {
    const answers: Promise<SqueezeNews>[] = [];
    for await (const piece of pieces) {
      signal.throwIfAborted();
      const answer = this.#send(job, piece);
      // The first one that fails is told of; those behind it fail, too.
      answer.catch(() => undefined);
      answers.push(answer);
      const first = answers.length < mostInFlight ? undefined : answers.shift();
      if (first !== undefined) yield await untilAborted(first, signal);
    }
    for (const answer of answers) yield await untilAborted(answer, signal);
  }

  async #send(job: ThreadJob, bytes: Uint8Array): Promise<SqueezeNews> {
    const piece = this.#pieces.copy(bytes);
    const news = await job.write(piece);
    this.#pieces.giveBack(piece);
    return news;
  }

  /** In the thread that has the fewest jobs. */
  #begin(task: SqueezeTask): ThreadJob {
    if (this.#ended) throw new TypeError('the squeezing threads have ended');
    // One that died takes its own jobs with it, and no others.
    this.#threads = this.#threads.filter(({ failed }) => !failed);
    const idle = this.#threads.find(({ load }) => load === 0);
    if (idle === undefined && this.#threads.length < this.#count)
      this.#threads = [...this.#threads, new SqueezeThread()];
    const [first, ...rest] = this.#threads.toReversed();
    if (first === undefined) throw new TypeError('there is no thread');
    return rest.reduce((best, thread) => (thread.load < best.load ? thread : best), first).begin(task);
  }
}

/** Of a thread: its memory is not that of the process. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

async function* cut(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    for (let start = 0; start < piece.length; start += size) yield piece.subarray(start, start + size);
  }
}

function requireSame(expected: BlobIdentity, actual: BlobIdentity): void {
  if (actual.size === expected.size && actual.digest === expected.digest) return;
  const received = `received ${actual.size} bytes with digest ${actual.digest}`;
  throw new PaletteEdgeError(
    'DIGEST_MISMATCH',
    `reading ${expected.digest} to squeeze it: expected ${expected.size} bytes, ${received}`,
    { kind: 'content' },
  );
}
