import { createHash } from 'node:crypto';

import { digestHex } from '../oci/digest.ts';
import { PartRun } from './part-run.ts';
import type { PlainSource } from './plain-source.ts';
import type { Recipe } from './recipe.ts';
import { recipeMismatch } from './restore-part.ts';
import { planRestoring } from './restore-plan.ts';
import type { RestorePart } from './restore-plan.ts';
import { sharedPieceSize } from './shared-pieces.ts';
import type { SharedPieces } from './shared-pieces.ts';
import type { SqueezeTask } from './squeeze-job.ts';
import type { ThreadJob } from './squeeze-thread.ts';

/** What restores parts. */
export interface RestoreThreads {
  /** How many threads there are. */
  readonly count: number;
  /** Begins a job in one of them. */
  begin(task: SqueezeTask): ThreadJob;
  readonly pieces: SharedPieces;
}

/** Bytes that are held for each thread: the plain ones of a part that waits, or what was restored of it. */
const heldPerThread = 12 * 1024 * 1024;

/**
 * The exact bytes of a gzip file. Plain bytes are read once, in order; parts are restored side by side.
 *
 * @throws PaletteEdgeError `RECIPE_MISMATCH` (kind content) instead of ending
 */
export async function* restoreGzip(
  source: { readonly recipe: Recipe; readonly plain: PlainSource },
  threads: RestoreThreads,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { gzip } = source.recipe;
  const hash = createHash('sha256');
  let size = 0;
  const restoring = new Restoring(source.recipe, source.plain, threads);
  for await (const piece of restoring.pieces(signal)) {
    hash.update(piece);
    size += piece.length;
    // A size that is not right is not told before: what gives too many bytes is cut off.
    if (size > gzip.size) throw recipeMismatch(gzip.digest, `it has more than ${gzip.size} bytes`);
    yield piece;
  }
  const hex = hash.digest('hex');
  if (size === gzip.size && hex === digestHex(gzip.digest)) return;
  const expected = `expected ${gzip.size} bytes with digest ${gzip.digest}`;
  throw recipeMismatch(gzip.digest, `${expected}, and got ${size} with sha256:${hex}`);
}

class Restoring {
  readonly #recipe: Recipe;
  readonly #plain: PlainSource;
  readonly #threads: RestoreThreads;
  readonly #parts: Iterator<RestorePart>;
  /** The parts under way, in order. */
  readonly #runs: PartRun[] = [];
  /** The part that is begun next. */
  #next: RestorePart | undefined;
  #complete = false;
  #failure: { readonly error: unknown } | undefined;
  #change = Promise.withResolvers<void>();

  constructor(recipe: Recipe, plain: PlainSource, threads: RestoreThreads) {
    this.#recipe = recipe;
    this.#plain = plain;
    this.#threads = threads;
    this.#parts = planRestoring(recipe);
    this.#next = this.#nextPart();
  }

  async *pieces(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const abort = (): void => this.#changed(both.reason);
    both.addEventListener('abort', abort, { once: true });
    signal.throwIfAborted();
    const feeding = this.#feed(both).catch((error: unknown) => this.#changed(error));
    try {
      for await (const piece of this.#outputs()) if (piece.length > 0) yield piece;
    } finally {
      ending.abort(new Error('restoring has ended'));
      for (const run of this.#runs) run.drop();
      await feeding;
    }
  }

  /** What the parts give, in order. */
  async *#outputs(): AsyncGenerator<Uint8Array> {
    const joiner = new PartJoiner();
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const change = this.#change.promise;
      const [head] = this.#runs;
      const piece = head?.take();
      if (piece !== undefined) {
        this.#changed();
        yield joiner.add(piece);
      } else if (head?.done === true) {
        if (head.sharesLastByte) joiner.share();
        this.#runs.shift();
        this.#changed();
      } else if (head === undefined && this.#complete) {
        yield joiner.end();
        return;
      } else {
        await change;
      }
    }
  }

  /** Reads the plain bytes and hands them to the parts that need them. */
  async #feed(signal: AbortSignal): Promise<void> {
    const { size } = this.#plain;
    if (size !== this.#recipe.plain.size) throw this.#wrongPlain(size);
    let position = 0;
    await this.#send(new Uint8Array(0), position);
    for await (const read of this.#plain.open(0, signal)) {
      for (let start = 0; start < read.length; start += sharedPieceSize) {
        const piece = read.subarray(start, start + sharedPieceSize);
        await this.#send(piece, position);
        position += piece.length;
        signal.throwIfAborted();
      }
    }
    if (position !== size) throw this.#wrongPlain(position);
    this.#complete = true;
    this.#changed();
  }

  #wrongPlain(size: number): Error {
    const { gzip, plain } = this.#recipe;
    return recipeMismatch(gzip.digest, `there are ${size} plain bytes, and ${plain.size} are needed`);
  }

  async #send(piece: Uint8Array, position: number): Promise<void> {
    await this.#until(() => this.#held() < heldPerThread * (this.#threads.count + 1));
    // Before anything is waited for: a part that misses these bytes would not end.
    for (const run of this.#runs) run.send(piece, position);
    // Parts that need no plain bytes begin where the others end.
    while (this.#next !== undefined && this.#next.start <= position + piece.length) {
      // Of those that miss plain bytes there are two at most.
      await this.#until(() => this.#runs.length < this.#threads.count + 2);
      this.#begin(this.#next).send(piece, position);
      this.#next = this.#nextPart();
    }
  }

  #begin(part: RestorePart): PartRun {
    const job = this.#threads.begin({ kind: 'restore', part, name: this.#recipe.gzip.digest });
    const listener = { changed: (failure?: unknown) => this.#changed(failure) };
    const run = new PartRun(part, job, { pieces: this.#threads.pieces, listener });
    this.#runs.push(run);
    return run;
  }

  #nextPart(): RestorePart | undefined {
    const next = this.#parts.next();
    return next.done === true ? undefined : next.value;
  }

  #held(): number {
    return this.#runs.reduce((sum, run) => sum + run.held, 0);
  }

  /** Waits until something holds. */
  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await this.#change.promise;
      if (this.#failure !== undefined) throw this.#failure.error;
    }
  }

  #changed(failure?: unknown): void {
    if (failure !== undefined) this.#failure ??= { error: failure };
    const before = this.#change;
    this.#change = Promise.withResolvers();
    before.resolve();
  }
}

/** Joins what parts give: in a byte that two of them share each has its own bits, and zeros. */
class PartJoiner {
  /** The last piece: its last byte may not be complete. */
  #held = new Uint8Array(0);
  #bits = 0;

  /** @returns what is complete */
  add(piece: Uint8Array<ArrayBuffer>): Uint8Array {
    const complete = this.#held;
    this.#held = piece;
    if (this.#bits !== 0) piece[0]! |= this.#bits;
    this.#bits = 0;
    return complete;
  }

  /** The last byte so far belongs to the next part, too. */
  share(): void {
    this.#bits = this.#held.at(-1) ?? 0;
    this.#held = this.#held.subarray(0, -1);
  }

  end(): Uint8Array {
    return this.#held;
  }
}
