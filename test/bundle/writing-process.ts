import { setImmediate } from 'node:timers/promises';

import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { HashThread } from '../../src/io/hash-thread.ts';
import type { BlobReader } from '../../src/oci/blob-access.ts';
import { largeBundle } from './large-bundle.ts';

/** What a writing process is asked to do. */
export interface WritingJob {
  readonly concurrency: number;
  /** The write that the sink fails at, from 1 on. */
  readonly failingWrite?: number;
  /** The blob that fails when it is opened, from 0 on. */
  readonly failingBlob?: number;
  /** Aborted once this many bytes of the tar were taken in. */
  readonly abortAfter?: number;
  /** The blob that never arrives, from 0 on: opening it waits until it is aborted. */
  readonly missingBlob?: number;
  /** Whether the thread that hashes dies at the first write. */
  readonly losesHasher?: boolean;
}

/** What it tells on stdout at its end. */
export interface WritingReport {
  readonly sha256?: string;
  readonly error?: string;
  /** Errors that nobody has handled. */
  readonly unhandled: readonly string[];
  /** Writes that began after a write had failed, or after it was all over. */
  readonly lateWrites: number;
  /** Bytes that changed while the sink was writing them. */
  readonly changedWrites: number;
}

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? ''));

async function main(job: WritingJob): Promise<void> {
  const unhandled: string[] = [];
  process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
  const controller = new AbortController();
  const { plan, blobs } = await largeBundle();
  const hasher = new HashThread();
  const { seen, write } = watchedSink(job.failingWrite ?? Infinity, async () => {
    if (job.losesHasher === true) await hasher[Symbol.asyncDispose]();
  });
  let taken = 0;
  const options = {
    plan,
    blobs: failingBlobs(
      blobs,
      plan.inventory.blobs.map(({ digest }) => digest),
      job,
    ),
    compressionLevel: 1,
    concurrency: job.concurrency,
    signal: controller.signal,
    hasher,
    onBytes: (count: number): void => {
      taken += count;
      if (taken >= (job.abortAfter ?? Infinity)) controller.abort(new Error('interrupted'));
    },
  };
  const outcome: Pick<WritingReport, 'sha256' | 'error'> = await writeBundle(options, { write }).catch(
    (error: unknown) => ({ error: String(error) }),
  );
  seen.isOver = true;
  await hasher[Symbol.asyncDispose]();
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  const { lateWrites, changedWrites } = seen;
  const { sha256, error } = outcome;
  const report: WritingReport = { sha256, error, unhandled, lateWrites, changedWrites };
  process.stdout.write(JSON.stringify(report));
}

/** Takes its time, and looks whether its bytes stay what they were. */
function watchedSink(failingWrite: number, onWrite: () => Promise<void>) {
  let writes = 0;
  const seen = { isOver: false, lateWrites: 0, changedWrites: 0 };
  const write = async (bytes: Uint8Array): Promise<void> => {
    writes += 1;
    if (seen.isOver || writes > failingWrite) seen.lateWrites += 1;
    await onWrite();
    const before = Buffer.from(bytes);
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    if (!before.equals(bytes)) seen.changedWrites += 1;
    if (writes >= failingWrite) throw new Error(`disk full at write ${writes}`);
  };
  return { seen, write };
}

function failingBlobs(blobs: BlobReader, digests: readonly string[], job: WritingJob): BlobReader {
  return {
    sizeOf: async (digest) => await blobs.sizeOf(digest),
    open: async (blob, options) => {
      const index = digests.indexOf(blob.digest);
      if (index === job.failingBlob) throw new Error(`blob ${index} is gone`);
      if (index === job.missingBlob) await untilAborted(options?.signal);
      return await blobs.open(blob, options);
    },
  };
}

async function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  signal?.addEventListener('abort', () => aborted.reject(signal.reason));
  // Alone it would not keep the process alive.
  using _timer = { [Symbol.dispose]: keepAlive() };
  await aborted.promise;
}

function keepAlive(): () => void {
  const timer = setInterval(() => undefined, 60_000);
  return () => clearInterval(timer);
}
