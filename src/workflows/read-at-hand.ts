import { PaletteEdgeError } from '../errors.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { onePiece } from '../oci/one-piece.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { FetchContext } from './fetch-small.ts';

/** Where blobs are that nobody need be asked for. */
type AtHand = Pick<FetchContext, 'store' | 'bundles' | 'shared' | 'signal'>;

/**
 * A whole blob from the store, or else from an existing bundle or a shared store, and then it is in the store. Only for those whose size
 * is capped. What is damaged counts as missing: in the store it is removed, a bundle is given up.
 *
 * @returns undefined when none has it
 */
export async function readAtHand(blob: BlobIdentity, context: AtHand): Promise<Uint8Array | undefined> {
  const { store, signal } = context;
  const size = await store.sizeOf(blob.digest, signal);
  return (
    (size === blob.size ? await readStored(blob, context) : undefined) ??
    (await readBundled(blob, context)) ??
    (await readShared(blob, context))
  );
}

/**
 * As {@link readAtHand}, of a blob whose size is not known; no shared store is asked.
 *
 * @param maximumSize in bytes; a larger one counts as missing
 */
export async function readDigestAtHand(
  digest: Digest,
  maximumSize: number,
  context: AtHand,
): Promise<Uint8Array | undefined> {
  const { store, bundles, signal } = context;
  const isFitting = (size: number | undefined): size is number => size !== undefined && size <= maximumSize;
  const size = await store.sizeOf(digest, signal);
  const stored = isFitting(size) ? await readStored({ digest, size }, context) : undefined;
  if (stored !== undefined) return stored;
  const bundled = await bundles?.sizeOf(digest);
  return isFitting(bundled) ? await readBundled({ digest, size: bundled }, context) : undefined;
}

/** @returns undefined when the store had it damaged and has removed it */
async function readStored(blob: BlobIdentity, { store, signal }: AtHand): Promise<Uint8Array | undefined> {
  try {
    return await readWholeBlob(store, blob, signal);
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.kind === 'content') return undefined;
    throw error;
  }
}

/** @returns undefined when no bundle has it, or the one that has it is damaged */
async function readBundled(blob: BlobIdentity, context: AtHand): Promise<Uint8Array | undefined> {
  const { bundles, store, signal } = context;
  const content = await bundles?.find(blob);
  if (bundles === undefined || content === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  try {
    for await (const bytes of await content.open({ signal })) pieces.push(bytes);
  } catch (error) {
    bundles.giveUp(content.path, error);
    // Another one may have it.
    return await readBundled(blob, context);
  }
  const whole = Buffer.concat(pieces);
  await store.ingest(blob, onePiece(whole), signal);
  return whole;
}

/** @returns undefined when no shared store gives it */
async function readShared(
  blob: BlobIdentity,
  { shared, store, signal }: AtHand,
): Promise<Uint8Array | undefined> {
  const bytes = await shared?.take(blob, async (place) => await readWholeBlob(place, blob, signal), signal);
  if (bytes === undefined) return undefined;
  shared?.took(bytes.length);
  await store.ingest(blob, onePiece(bytes), signal);
  return bytes;
}
