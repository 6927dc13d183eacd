import { PaletteEdgeError } from '../errors.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import { walkImage } from '../oci/image-graph.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import type { Reference } from '../oci/reference.ts';
import { fetchSmall } from './fetch-small.ts';
import type { FetchContext } from './fetch-small.ts';

/**
 * The graph of an image or chart of a registry. An answer to HEAD may have another length than the manifest, behind some proxies: then the
 * bytes decide, which the digest proves.
 *
 * @param options platforms to keep; undefined keeps every platform
 * @throws PaletteEdgeError `MANIFEST_INVALID` and what fetching throws
 */
export async function walkFromRoot(
  root: Descriptor,
  { reference, name }: { readonly reference: Reference; readonly name: string },
  context: FetchContext & { readonly platforms: readonly Platform[] | undefined },
): Promise<ImageGraph> {
  const fetch = async (descriptor: Descriptor): Promise<Uint8Array> =>
    await fetchSmall(reference, descriptor, context);
  const options = { fetch, platforms: context.platforms };
  try {
    return await walkImage(name, root, options);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.code !== 'SIZE_MISMATCH') throw error;
    const { registry, signal } = context;
    const { descriptor } = await registry.fetchManifest(reference, { digest: root.digest }, signal);
    if (descriptor.size === root.size) throw error;
    return await walkImage(name, descriptor, options);
  }
}
