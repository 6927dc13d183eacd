import type { BundleReader } from '../bundle/bundle-reader.ts';
import { blobPath } from '../bundle/oci-documents.ts';
import type { VerifyProblem } from '../bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { VerifyListener } from './verify-bundle.ts';

/**
 * Reads all that a delta bundle stands for, its bases included: every blob is restored and hashed. Nothing of other bundles, and of one
 * without its bases: what is in those is checked in the tar.
 */
export async function verifyRestored(
  reader: BundleReader,
  listener: VerifyListener,
  signal: AbortSignal,
): Promise<VerifyProblem[]> {
  if (reader.stored.squeezed?.delta === undefined || reader.lacksBases) return [];
  const { blobs } = reader.inventory;
  listener.onStart(blobs.reduce((sum, { size }) => sum + size, 0));
  const problems: VerifyProblem[] = [];
  for (const blob of reader.inTarOrder()) {
    const { digest, role } = blob;
    try {
      for await (const piece of await reader.open(blob, { signal })) listener.onBytes(piece.length);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
      problems.push({ path: blobPath(digest), digest, role, images: [], message: error.message });
    }
  }
  return problems;
}
