import { bareGraph } from '../bundle/bare-graph.ts';
import { readHeldImage } from '../bundle/image-content.ts';
import type { VerifiableBundle } from '../bundle/verify-images.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import { readWholeBlob } from '../oci/read-whole-blob.ts';
import { parseRecipe } from '../squeeze/recipe.ts';
import { expectedPlain } from './layers-to-squeeze.ts';

/**
 * The layers of a squeezed bundle of which only restoring tells whether what is in the tar in their place is what was signed.
 *
 * The others need none of that: the config of each image that has them names the sha256 of what they decompress to (image-spec, config.md, "rootfs"), and
 * that is the digest of the tar. The config is known by its digest in the plain inventory, which is signed. That their recipes give the layers is not
 * told by this: only that they are recipes of them.
 *
 * @param reader whose plain inventory is known to be signed
 * @throws a failure to read it, or the signal's reason
 */
export async function unvouchedLayers(
  reader: VerifiableBundle,
  signal: AbortSignal,
): Promise<ReadonlySet<Digest>> {
  const { squeezed, blobs } = reader.stored;
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  const sizeOf = (digest: Digest): number => sizes.get(digest) ?? 0;
  const expected = await expectedOf(reader, signal);
  const unvouched = new Set<Digest>();
  for (const { digest, size, plain, recipe } of squeezed?.layers ?? []) {
    const named = expected.get(digest);
    const isNamed = named?.size === 1 && named.has(plain);
    const isOwn = async (): Promise<boolean> => {
      const bytes = await readWholeBlob(reader, { digest: recipe, size: sizeOf(recipe) }, signal);
      const parsed = parseRecipe(bytes, digest);
      const isSame = parsed.gzip.digest === digest && parsed.gzip.size === size;
      return isSame && parsed.plain.digest === plain && parsed.plain.size === sizeOf(plain);
    };
    if (!isNamed || (await unlessUnreadable(isOwn)) !== true) unvouched.add(digest);
  }
  return unvouched;
}

async function expectedOf(
  reader: VerifiableBundle,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, ReadonlySet<Digest>>> {
  const graphs: ImageGraph[] = [];
  let isComplete = true;
  for (const image of reader.inventory.images) {
    const held = await unlessUnreadable(async () => await readHeldImage(reader, image, signal));
    if (held === undefined) isComplete = false;
    else graphs.push(bareGraph(held.graph));
  }
  // What an image says that cannot be read may be something else.
  if (!isComplete) return new Map();
  return (await unlessUnreadable(async () => await expectedPlain(graphs, reader, signal))) ?? new Map();
}

/** What is damaged, verifying tells; what a stream does not keep cannot be looked at. */
async function unlessUnreadable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const isUnreadable = error instanceof PaletteEdgeError && ['content', 'notFound'].includes(error.kind);
    if (isUnreadable) return undefined;
    throw error;
  }
}
