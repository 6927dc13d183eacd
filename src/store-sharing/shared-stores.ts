import { PaletteEdgeError } from '../errors.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Warning } from '../warning.ts';
import type { BlobToShare, SharedStore } from './shared-store.ts';
import { SharedStoreState } from './shared-store-state.ts';

/** What shared stores are opened with. */
export interface SharedStoresOptions {
  /** Whether they are left as they are, as by a dry run. */
  readonly isReadOnly: boolean;
  readonly tell: (warning: Warning) => void;
  readonly signal: AbortSignal;
}

/** What went in and out, in bytes. */
export interface SharedBytes {
  readonly taken: number;
  readonly put: number;
}

/**
 * The shared stores of a build. Each blob is asked for in their order; whatever comes new goes into all of them, side by side with the
 * rest of the build. None of them can make the build fail once it is open: see {@link SharedStoreState}.
 */
export class SharedStores implements AsyncDisposable {
  readonly #states: readonly SharedStoreState[];
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #offered = new Set<Digest>();
  readonly #putting: Promise<void>[] = [];
  readonly #warnings: Warning[] = [];
  #taken = 0;
  #put = 0;
  #pending = 0;

  private constructor(stores: readonly SharedStore[], { isReadOnly, tell, signal }: SharedStoresOptions) {
    const note = (warning: Warning): void => {
      this.#warnings.push(warning);
      tell(warning);
    };
    this.#states = stores.map((store) => new SharedStoreState(store, !isReadOnly, note));
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  /**
   * Opens shared stores. One that cannot be reached is done without, with a warning. What whoever named it got wrong is told before anything
   * else is done.
   *
   * @throws PaletteEdgeError for one that does not let us in, or that is not there
   */
  static async open(stores: readonly SharedStore[], options: SharedStoresOptions): Promise<SharedStores> {
    const opened = new SharedStores(stores, options);
    await Promise.all(opened.#states.map(async (state) => await checkStore(state, options.signal)));
    return opened;
  }

  /** How many there are. */
  get count(): number {
    return this.#states.length;
  }

  /** Told so far. */
  get warnings(): readonly Warning[] {
    return this.#warnings;
  }

  /** How many blobs are still to be put somewhere. */
  get pending(): number {
    return this.#pending;
  }

  /** Moved so far. */
  get bytes(): SharedBytes {
    return { taken: this.#taken, put: this.#put };
  }

  /** Whether one of them has a blob, of the right size. */
  async has(blob: BlobIdentity): Promise<boolean> {
    for (const state of this.#states) {
      if (!state.isRead || state.isDamaged(blob)) continue;
      if (state.hasBlob(blob)) return true;
      try {
        if ((await state.store.sizeOf(blob.digest, this.#signal)) !== blob.size) continue;
        state.found(blob);
        return true;
      } catch (error) {
        this.#signal.throwIfAborted();
        state.failedReading(blob, error);
      }
    }
    return false;
  }

  /**
   * Takes a blob from the first of them that gives it.
   *
   * @param use takes the blob in, which verifies it
   * @param signal that `use` minds
   * @returns what `use` does; undefined when none gives the blob
   * @throws what is no fault of a shared store
   */
  async take<T>(
    blob: BlobIdentity,
    use: (store: SharedStore) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    for (const state of this.#states) {
      if (!state.isRead || state.isDamaged(blob)) continue;
      try {
        const taken = await use(state.store);
        state.found(blob);
        return taken;
      } catch (error) {
        signal.throwIfAborted();
        state.failedReading(blob, error);
      }
    }
    return undefined;
  }

  /** Counts bytes that were taken. */
  took(count: number): void {
    this.#taken += count;
  }

  /**
   * Puts a blob into all that do not have it, in the background. Of each blob only the first offer counts.
   *
   * @param source has the blob until {@link finish} or the disposal has ended
   */
  offer({ digest, size }: BlobIdentity, source: BlobReader): void {
    if (this.#offered.has(digest)) return;
    this.#offered.add(digest);
    const blob = { digest, size };
    for (const state of this.#states) {
      if (state.isFilled) this.#begin(state, { blob, source });
    }
  }

  /**
   * Waits until all that was offered is there, or is known not to get there, and has it kept.
   *
   * @param id of the bundle
   * @param blobs that it is made of
   * @throws what is no fault of a shared store
   */
  async finish(id: string, blobs: readonly BlobIdentity[]): Promise<void> {
    await Promise.all(this.#putting);
    for (const state of this.#states.filter(({ isFilled }) => isFilled)) {
      const there = blobs.filter((blob) => state.hasBlob(blob));
      if (there.length === 0) continue;
      try {
        await state.store.keep({ id, blobs: there }, this.#signal);
      } catch (error) {
        this.#signal.throwIfAborted();
        state.failedWriting(error);
      }
    }
  }

  /** Ends what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#putting);
  }

  #begin(state: SharedStoreState, what: Pick<BlobToShare, 'blob' | 'source'>): void {
    this.#pending += 1;
    const put = state.limit(async () => {
      await this.#putInto(state, what).finally(() => (this.#pending -= 1));
    });
    // Looked at by whoever waits for it.
    put.catch(() => undefined);
    this.#putting.push(put);
  }

  async #putInto(
    state: SharedStoreState,
    { blob, source }: Pick<BlobToShare, 'blob' | 'source'>,
  ): Promise<void> {
    if (!state.isFilled || state.hasBlob(blob)) return;
    this.#signal.throwIfAborted();
    try {
      const isReplacement = state.isDamaged(blob);
      const sent = await state.store.put({ blob, source, isReplacement }, this.#signal);
      this.#put += sent;
      // Registries keep what they have by a digest: what is still damaged there is not to be kept from being collected.
      if (!isReplacement || sent > 0) state.filled(blob);
    } catch (error) {
      this.#signal.throwIfAborted();
      state.failedWriting(error);
    }
  }
}

/** Kinds of what a person has to put right, and can: nobody is helped when builds merely are slow from then on. */
const mistakes: ReadonlySet<string> = new Set(['authentication', 'usage', 'notFound']);

/** The same, of the network: it takes a flag. */
const mistakenCodes: ReadonlySet<string> = new Set(['PLAIN_HTTP_REFUSED', 'NOT_TLS']);

/** Whether a build ends with what asking a shared store failed with at its beginning, in place of going on without it. */
export function endsBuild({ code, kind }: PaletteEdgeError): boolean {
  return mistakes.has(kind) || mistakenCodes.has(code);
}

async function checkStore(state: SharedStoreState, signal: AbortSignal): Promise<void> {
  if (!state.isRead) return;
  try {
    await state.store.check(signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PaletteEdgeError)) throw error;
    if (!endsBuild(error)) return state.giveUp(error);
    const { code, kind, message, suggestions } = error;
    throw new PaletteEdgeError(code, `the shared store ${state.store.name} cannot be used: ${message}`, {
      kind,
      cause: error,
      suggestions: [...suggestions, 'Or build without it: leave its --store out.'],
    });
  }
}
