import { verifyBundledImages } from '../bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import { totalSize } from '../io/total-size.ts';
import { openStream } from './open-stream.ts';
import type { BundleStream } from './open-stream.ts';
import { unvouchedLayers } from './unvouched-layers.ts';
import { contentCounts } from './verify-bundle.ts';
import type { VerifyListener, VerifyResult } from './verify-bundle.ts';

/**
 * Verifies every byte of a bundle while it arrives, with the checks that a file gets. The first fault ends it: what follows a damaged
 * frame cannot be told apart. What manifests say that is not so is told as problems.
 *
 * @throws PaletteEdgeError of kind content for what is no bundle, damaged, of another format version, or not signed as it has to be; `FILE_NEEDED` (kind usage)
 *   for a squeezed one that must be signed and has to be restored for that, see {@link unvouchedLayers}
 */
export async function verifyStream(
  { path, stream, trust }: BundleStream,
  listener: VerifyListener,
  signal: AbortSignal,
): Promise<VerifyResult> {
  const { reader, signedBy } = await openStream({ path, stream, trust });
  const isSqueezed = reader.stored.squeezed?.mode === 'squeezed';
  if (trust !== undefined && isSqueezed && (await unvouchedLayers(reader, signal)).size > 0)
    throw restoringNeeded();
  const total = totalSize(reader.stored.blobs);
  listener.onStart(total);
  // What was kept is verified already.
  listener.onBytes(total - reader.left);
  for await (const { content } of reader.storedBlobs()) {
    for await (const bytes of content) listener.onBytes(bytes.length);
  }
  await reader.finish();
  const report = await verifyBundledImages(reader, [], signal);
  return { path, ...contentCounts(reader), ...report, ...(trust === undefined ? {} : { signedBy }) };
}

/** What is signed are its layers as registries have them: some of them may be restored from what came before. */
function restoringNeeded(): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NEEDED',
    '- is standard input, which is read once, and this squeezed bundle has layers that must be restored to check them with --public-key: its images do not tell what is in them',
    { kind: 'usage', suggestions: ['Name a file, its parts or an ISO image.'] },
  );
}
