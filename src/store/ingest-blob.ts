import { PaletteEdgeError } from '../errors.ts';
import { digestMismatch, sizeMismatch } from '../oci/verified-content.ts';
import { noteUse } from './last-use.ts';
import { removePartial, removePartials } from './partial-blobs.ts';
import { PartialFile } from './partial-file.ts';
import type { IncomingBlob } from './partial-file.ts';
import { restorePruned } from './pruned-blobs.ts';
import { blobPath } from './store-layout.ts';
import { onStoreDisk, writingTo } from './store-side.ts';
import { storedSize } from './stored-size.ts';
import { takeOverPartial } from './take-over-partial.ts';
import type { TakenOver } from './take-over-partial.ts';
import { beginAlone } from './begin-alone.ts';

/** What ingesting a blob took. */
export interface IngestReport {
  /** Bytes that were given for it. */
  readonly received: number;
  /** Bytes that a partial blob had. */
  readonly resumed: number;
  /** Whether it was in the store already: then nothing was received or resumed. */
  readonly reused: boolean;
}

/** Where the bytes of a blob come from. */
export interface BlobSupply {
  /** Gives the blob from a position to its end. */
  readonly openFrom: (start: number) => Promise<AsyncIterable<Uint8Array>>;
  /** Whether `openFrom` can begin at any position; otherwise it begins at 0 only. */
  readonly canResume: boolean;
  readonly onBytes?: ((count: number) => void) | undefined;
}

const reused: IngestReport = { received: 0, resumed: 0, reused: true };

/**
 * Takes a blob into a store: to a partial blob of this process's own, hashed on the way, and renamed when it is complete.
 *
 * A failure leaves the partial blob to the next run; wrong content removes it. Nothing else is ever stored under a digest
 * than what has it.
 *
 * @throws PaletteEdgeError `SIZE_MISMATCH`, `DIGEST_MISMATCH` (kind content), or a failure of the disk; whatever `openFrom`
 *   and its content throw
 */
export async function ingestBlob(incoming: IncomingBlob, supply: BlobSupply): Promise<IngestReport> {
  incoming.signal?.throwIfAborted();
  await incoming.lease?.hold(incoming.blob.digest);
  if (await isUsable(incoming)) return reused;
  const { partial, copyOf } = await begin(incoming, supply);
  const resumed = partial.size;
  try {
    // Another process may have finished it while this one looked for a beginning.
    if (await isStored(incoming)) {
      await partial.drop();
      return reused;
    }
    if (resumed < incoming.blob.size || !supply.canResume) await receive(partial, incoming, supply);
    const received = partial.size - resumed;
    await complete(partial, incoming);
    return { received, resumed, reused: false };
  } catch (error) {
    if (!isWrongContent(error)) {
      await partial.leave();
      throw error;
    }
    await partial.drop();
    // Its first bytes may be the wrong ones.
    if (copyOf !== undefined) await removePartial(copyOf);
    throw error;
  }
}

/** Whether it is there, or was until pruning moved it a moment ago. */
async function isUsable(incoming: IncomingBlob): Promise<boolean> {
  const { folder, blob } = incoming;
  if (!(await isStored(incoming)) && !((await isRestored(incoming)) && (await isStored(incoming))))
    return false;
  await noteUse(folder, blob.digest);
  return true;
}

async function isRestored({ folder, blob }: IncomingBlob): Promise<boolean> {
  return await onStoreDisk(writingTo(folder), async () => await restorePruned(folder, blob.digest));
}

async function isStored({ folder, blob }: IncomingBlob): Promise<boolean> {
  // A file of another length is damaged, or the descriptor lies: either way the right bytes may take its place.
  return (await storedSize(folder, blob.digest)) === blob.size;
}

async function begin(incoming: IncomingBlob, { canResume }: BlobSupply): Promise<TakenOver> {
  return await onStoreDisk(writingTo(incoming.folder), async () => {
    if (!canResume) return { partial: await PartialFile.create(incoming), copyOf: undefined };
    const partial = await beginAlone(incoming);
    let taken: TakenOver | undefined;
    try {
      taken = await takeOverPartial(incoming);
    } catch (error) {
      await partial.drop();
      throw error;
    }
    if (taken === undefined) return { partial, copyOf: undefined };
    await partial.drop();
    return taken;
  });
}

async function receive(partial: PartialFile, incoming: IncomingBlob, supply: BlobSupply): Promise<void> {
  const { folder, blob, signal } = incoming;
  for await (const bytes of await supply.openFrom(partial.size)) {
    if (partial.size + bytes.length > blob.size) {
      throw sizeMismatch(blob, `more than ${blob.size}`, writingTo(folder));
    }
    await onStoreDisk(writingTo(folder), async () => await partial.append(bytes));
    supply.onBytes?.(bytes.length);
    // After the bytes are taken: what was received is not received again.
    signal?.throwIfAborted();
  }
}

async function complete(partial: PartialFile, incoming: IncomingBlob): Promise<void> {
  const { folder, blob } = incoming;
  if (partial.size !== blob.size) throw sizeMismatch(blob, String(partial.size), writingTo(folder));
  const digest = await onStoreDisk(writingTo(folder), async () => await partial.digest());
  if (digest !== blob.digest) throw digestMismatch(blob, digest, writingTo(folder));
  await onStoreDisk(writingTo(folder), async () => {
    await moveIntoPlace(partial, incoming);
    await removePartials(folder, blob.digest);
  });
}

async function moveIntoPlace(partial: PartialFile, incoming: IncomingBlob): Promise<void> {
  if (await partial.moveTo(blobPath(incoming.folder, incoming.blob.digest))) return;
  // Its name is gone: somebody has finished the blob, or took this process for dead.
  if (!(await isStored(incoming))) await moveCopyIntoPlace(partial, incoming);
  await partial.drop();
}

/** The open file still has every byte, but a file without a name cannot get one again. */
async function moveCopyIntoPlace(partial: PartialFile, incoming: IncomingBlob): Promise<void> {
  const copy = await PartialFile.create(incoming);
  try {
    // Flushed already: it was to be moved itself.
    for await (const piece of partial.content(incoming.signal)) await copy.append(piece);
    await moveIntoPlace(copy, incoming);
  } catch (error) {
    await copy.leave();
    throw error;
  }
}

function isWrongContent(error: unknown): boolean {
  return error instanceof PaletteEdgeError && error.kind === 'content';
}
