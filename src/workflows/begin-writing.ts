import type { ListedFile } from '../bundle/parts-list.ts';
import type { BundlePlan } from '../bundle/plan-bundle.ts';
import type { Hasher } from '../io/hash-thread.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { Digest } from '../oci/digest.ts';
import type { AgeRecipients } from '../trust/age-recipients.ts';
import { ArrivingBlobs } from './arriving-blobs.ts';
import type { Arrival } from './arriving-blobs.ts';
import type { BuildListener } from './build-event.ts';
import { describeWritten } from './describe-written.ts';
import type { SplitRequest } from './split-request.ts';
import type { SqueezeReport } from './squeeze-report.ts';
import { writeOutput } from './write-output.ts';

/** The file that was written, or the parts of it. */
export interface WrittenBundleFile {
  /** Of parts, what they are joined to: no such file was written, and every command takes the path all the same. */
  readonly path: string;
  readonly name: string;
  readonly id: string;
  readonly size: number;
  /** In hex, as in the `.sha256` file beside it. */
  readonly sha256: string;
  /** Undefined for one file. */
  readonly parts?: WrittenPartFiles | undefined;
  /** Undefined of a plain bundle. */
  readonly squeezed?: SqueezeReport;
  /** Of an encrypted bundle, what is inside; size and sha256 above are those of the encrypted file. */
  readonly encrypted?: EncryptedBundle | undefined;
}

/** The bundle in an encrypted file. */
interface EncryptedBundle {
  readonly format: 'age';
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** The parts of a bundle, as they were written. */
interface WrittenPartFiles {
  /** Path of the parts list. */
  readonly list: string;
  /** In order; they lie beside the list. */
  readonly files: readonly ListedFile[];
}

/** A bundle that is being written while its blobs arrive in the store. */
export interface BundleBeingWritten {
  /** Says that a blob is in the store now. */
  arrive(digest: Digest, arrival: Arrival): void;
  /**
   * Does the work that makes blobs arrive. When writing fails, that work is of no use: its signal is aborted, and this throws
   * what writing failed with. When the work fails, writing is given up.
   */
  whileWriting<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Waits for the end, once all blobs have arrived, and shows how it goes on. Throws what writing failed with. */
  finish(): Promise<WrittenBundleFile>;
  /** Gives it up; resolves when nothing of it is left. */
  abort(): Promise<void>;
}

/** What a bundle is written from, and where to. */
export interface WritingOptions {
  /** Where the blobs arrive. */
  readonly blobs: BlobReader;
  readonly path: string;
  readonly split?: SplitRequest;
  /** Who can read it; undefined writes the bundle as it is. */
  readonly encryption?: AgeRecipients | undefined;
  readonly compressionLevel: number;
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
  readonly listener: BuildListener;
}

/** Begins to write a bundle. As long as blobs are pulled, that is what is shown; writing is when it is waited for. */
export function beginWriting(plan: BundlePlan, options: WritingOptions): BundleBeingWritten {
  const { path, split, encryption, compressionLevel, hasher, listener } = options;
  const giveUp = new AbortController();
  const blobs = new ArrivingBlobs(options.blobs);
  let quietly = 0;
  let isShown = false;
  const onBytes = (count: number): void => {
    if (isShown) listener({ kind: 'written-bytes', count });
    else quietly += count;
  };
  const signal = AbortSignal.any([options.signal, giveUp.signal]);
  const writing = { path, split, encryption, compressionLevel, hasher };
  const outcome = writeOutput({ plan, ...writing, blobs, onBytes, signal });
  const failed = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  outcome.catch((error: unknown) => {
    if (signal.aborted) return;
    failure = { error };
    // Without the error as its reason: work that is ended must not take it for its own.
    failed.abort();
  });
  const abort = async (): Promise<void> => {
    giveUp.abort();
    await outcome.catch(() => undefined);
  };
  return {
    arrive: (digest, arrival) => blobs.arrive(digest, arrival),
    abort,
    whileWriting: async (work) => {
      try {
        const done = await work(AbortSignal.any([options.signal, failed.signal]));
        if (failure === undefined) return done;
      } catch (error) {
        await abort();
        if (failure === undefined) throw error;
      }
      throw failure.error;
    },
    finish: async () => {
      isShown = true;
      listener({ kind: 'writing', total: plan.tarSize - quietly });
      return describeWritten(path, plan, await outcome);
    },
  };
}
