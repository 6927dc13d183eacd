import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { leadingDocuments } from './plan-squeezed-bundle.ts';
import { rewriteImages } from './rewrite-images.ts';
import type { VerifyProblem } from './verify-bundle.ts';
import type { VerifiableBundle, WalkedImages } from './verify-images.ts';

/**
 * What a squeezed bundle shows to other tools follows from the plain inventory, the manifests and the layers' plain bytes: it is made again and
 * compared. Nothing of a plain bundle, nor of a squeezed one with damaged manifests: they are told of. What a delta bundle shows are no images, with
 * its bases and without.
 *
 * @param damaged blobs that are known not to match their digest
 */
export async function squeezedProblems(
  reader: VerifiableBundle,
  { graphs }: WalkedImages,
  damaged: ReadonlySet<Digest>,
): Promise<VerifyProblem[]> {
  const { inventory, files, stored } = reader;
  const { squeezed } = stored;
  if (squeezed === undefined || (graphs === undefined && squeezed.delta === undefined)) return [];
  const sizes = new Map(stored.blobs.map(({ digest, size }) => [digest, size]));
  const layers = squeezed.layers.map(({ digest, plain }) => ({
    digest,
    plain: { digest: plain, size: sizes.get(plain) ?? 0 },
  }));
  const plainOf = new Map(layers.map(({ digest, plain }) => [digest, plain]));
  const isHeld = async (digest: Digest, size: number): Promise<boolean> =>
    !damaged.has(digest) && (await reader.sizeOf(digest)) === size;
  try {
    const images = squeezed.delta === undefined ? inventory.images : [];
    const rewritten = await rewriteImages(images, {
      fetch: async ({ digest, size }) =>
        (await isHeld(digest, size)) ? await readWholeBlob(reader, { digest, size }) : undefined,
      plainOf: (layer) => plainOf.get(layer),
    });
    const { delta } = squeezed;
    const documents = leadingDocuments({
      plain: { inventory, files },
      rewritten,
      layers,
      graphs: graphs ?? new Map(),
      delta,
    });
    const wrong = documents.filter(
      ({ path, bytes }) => !Buffer.from(bytes).equals(stored.files.get(path) ?? Buffer.alloc(0)),
    );
    const expected = new Set([...rewritten.values()].map(({ descriptor }) => descriptor.digest));
    const found = new Set(stored.blobs.flatMap(({ role, digest }) => (role === 'rewritten' ? [digest] : [])));
    const isOther =
      [...expected].some((digest) => !sizes.has(digest)) ||
      [...found].some((digest) => !expected.has(digest));
    return [...wrong.map(({ path }) => path), ...(isOther ? ['rewritten manifests'] : [])].map((path) => ({
      path,
      images: [],
      message: 'it is not what other tools need for the images of the inventory',
    }));
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    return [{ path: 'index.json', images: [], message: error.message }];
  }
}
