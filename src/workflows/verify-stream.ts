import { StreamReader } from '../bundle/stream-reader.ts';
import { verifyBundledImages } from '../bundle/verify-bundle.ts';
import { contentCounts } from './verify-bundle.ts';
import type { VerifyListener, VerifyResult } from './verify-bundle.ts';

/** A bundle that comes as a stream. */
export interface StreamToVerify {
  /** As it was typed. */
  readonly path: string;
  readonly stream: AsyncIterable<Uint8Array>;
}

/**
 * Verifies every byte of a bundle while it arrives, with the checks that a file gets. The first fault ends it: what follows a damaged
 * frame cannot be told apart. What manifests say that is not so is told as problems.
 *
 * @throws PaletteEdgeError of kind content for what is no bundle, damaged, or of another format version
 */
export async function verifyStream(
  { path, stream }: StreamToVerify,
  listener: VerifyListener,
  signal: AbortSignal,
): Promise<VerifyResult> {
  const reader = await StreamReader.open(stream, 'standard input');
  const total = reader.stored.blobs.reduce((sum, { size }) => sum + size, 0);
  listener.onStart(total);
  // What was kept is verified already.
  listener.onBytes(total - reader.left);
  for await (const { content } of reader.storedBlobs()) {
    for await (const bytes of content) listener.onBytes(bytes.length);
  }
  await reader.finish();
  const report = await verifyBundledImages(reader, [], signal);
  return { path, ...contentCounts(reader), ...report };
}
