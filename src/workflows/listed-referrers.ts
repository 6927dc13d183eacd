import type { BlobReader } from '../oci/blob-access.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseManifest } from '../oci/manifest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import type { PushContent } from './push-content.ts';

/**
 * What an image lists whose tag is that of a list of referrers.
 *
 * @returns nothing when it is no list
 * @throws PaletteEdgeError of kind content when it is damaged
 */
export async function listedReferrers(
  { root }: Pick<PushContent, 'root'>,
  blobs: BlobReader,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const bytes = await readWholeBlob(blobs, root, signal);
  const list = parseManifest(bytes, root.mediaType, root.digest);
  return list.kind === 'index' ? list.manifests : [];
}
