import pLimit from 'p-limit';

import { PaletteEdgeError } from '../errors.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Warning } from '../warning.ts';
import type { SharedStore } from './shared-store.ts';

/** One rotten blob is bad luck; who gives several is not to be asked again. */
const maximumDamaged = 3;
/** Blobs that are put into one shared store at a time. Their bytes go out while others come in. */
const putsAtOnce = 4;

/** Those that were given up: a fleet opens the same ones for each of its bundles, and waits for none twice. */
const givenUp = new WeakSet<SharedStore>();

/**
 * What a build has learned about a shared store. The circuit breaker of it: a shared store saves time, and must not cost any. The first
 * request that fails after the retries of the client turns it off, for reading or for writing, with one warning.
 */
export class SharedStoreState {
  readonly store: SharedStore;
  /** Bounds what is put into it at a time. */
  readonly limit = pLimit(putsAtOnce);
  readonly #tell: (warning: Warning) => void;
  readonly #present = new Set<Digest>();
  readonly #damaged = new Set<Digest>();
  /** Of blobs, also of those that were put right. */
  #timesDamaged = 0;
  #isRead: boolean;
  #isFilled: boolean;

  /**
   * @param isFilled whether blobs are put into it
   * @param tell takes the warnings
   */
  constructor(store: SharedStore, isFilled: boolean, tell: (warning: Warning) => void) {
    this.store = store;
    this.#isRead = !givenUp.has(store);
    this.#isFilled = isFilled && this.#isRead;
    this.#tell = tell;
  }

  /** Whether it is asked for blobs. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Whether blobs are put into it. */
  get isFilled(): boolean {
    return this.#isFilled;
  }

  /** Whether a blob is there for all that is known. */
  hasBlob({ digest }: BlobIdentity): boolean {
    return this.#present.has(digest) && !this.#damaged.has(digest);
  }

  /** Whether what is there by a blob's name is something else. */
  isDamaged({ digest }: BlobIdentity): boolean {
    return this.#damaged.has(digest);
  }

  /** Takes note of a blob that is there. */
  found({ digest }: BlobIdentity): void {
    this.#present.add(digest);
  }

  /** Takes note of a blob that was put there. */
  filled({ digest }: BlobIdentity): void {
    this.#present.add(digest);
    this.#damaged.delete(digest);
  }

  /**
   * Takes note of what reading failed with.
   *
   * @throws the error itself when it is no fault of the shared store
   */
  failedReading(blob: BlobIdentity, error: unknown): void {
    const failure = failureOf(error);
    if (failure.kind === 'content') this.#gaveWrong(blob, failure);
    else if (failure.code === 'BLOB_NOT_FOUND') this.#present.delete(blob.digest);
    else this.giveUp(failure);
  }

  /**
   * Takes note of what writing failed with. Reading may go on: whoever may not write may well read.
   *
   * @throws the error itself when it is no fault of the shared store
   */
  failedWriting(error: unknown): void {
    const { message } = failureOf(error);
    if (!this.#isFilled) return;
    this.#isFilled = false;
    this.#tell({
      code: 'SHARED_STORE_NOT_FILLED',
      message: `nothing more is put into the shared store ${this.store.name}: ${message}`,
    });
  }

  /** Does without it from now on. */
  giveUp({ message }: PaletteEdgeError): void {
    this.#isFilled = false;
    if (!this.#isRead) return;
    this.#isRead = false;
    if (givenUp.has(this.store)) return;
    givenUp.add(this.store);
    this.#tell({
      code: 'SHARED_STORE_UNAVAILABLE',
      message: `the shared store ${this.store.name} is done without: ${message}`,
    });
  }

  #gaveWrong(blob: BlobIdentity, failure: PaletteEdgeError): void {
    if (this.#damaged.has(blob.digest)) return;
    this.#damaged.add(blob.digest);
    this.#timesDamaged += 1;
    if (this.#timesDamaged >= maximumDamaged) this.giveUp(failure);
    else if (this.#timesDamaged === 1)
      this.#tell({
        code: 'SHARED_BLOB_DAMAGED',
        message: `the shared store ${this.store.name} has damaged blobs, which come from elsewhere: ${failure.message}`,
      });
  }
}

function failureOf(error: unknown): PaletteEdgeError {
  if (!(error instanceof PaletteEdgeError) || error.kind === 'disk') throw error;
  return error;
}
