import type { BlobReader } from '../oci/blob-access.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { readManifestFields } from './manifest-fields.ts';
import type { ManifestFields } from './manifest-fields.ts';
import type { StoredManifest } from './registry-content.ts';

/**
 * Reads a manifest that the registry has.
 *
 * @throws PaletteEdgeError when it is not there or not what its digest says
 * @throws RangeError when it is larger than any manifest that is taken
 */
export async function readStoredManifest(
  blobs: BlobReader,
  stored: Omit<StoredManifest, 'subject'>,
  signal?: AbortSignal,
): Promise<ManifestFields> {
  if (stored.size > maximumManifestSize) throw new RangeError(`a manifest of ${stored.size} bytes`);
  return readManifestFields(await readWholeBlob(blobs, stored, signal), stored.mediaType);
}
