import { mostGraphBlobs } from '../bundle/graph-limits.ts';
import type { BundledImage } from '../bundle/inventory.ts';
import { keptPlatforms } from '../bundle/kept-platforms.ts';
import type { SqueezedInventory } from '../bundle/squeezed-inventory.ts';
import { PaletteEdgeError } from '../errors.ts';
import { runLimited } from '../io/run-limited.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { walkImage } from '../oci/image-graph.ts';

/** References of images by what they consist of. */
export type ImageUsers = ReadonlyMap<Digest, ReadonlySet<string>>;

/** What is known of a bundle: of a base it may be the inventory alone. */
export interface KnownImages {
  readonly images: readonly BundledImage[];
  /** Of a delta bundle: the layers that patches give are of images, and so tell of the layers that those are against. */
  readonly squeezed: SqueezedInventory | undefined;
  /** Reads a manifest or config of an image; undefined where it is not to be had. */
  readonly read: (
    descriptor: Descriptor,
    reference: string,
    signal: AbortSignal,
  ) => Promise<Uint8Array | undefined>;
}

/** Many registries let nobody in to what does not exist: an image of a base may have been removed there. */
const unreadable: ReadonlySet<PaletteEdgeError['kind']> = new Set(['content', 'notFound', 'authentication']);
/** Manifests that are read at a time. */
const concurrency = 6;

/**
 * Finds out which images need which blobs, as far as their manifests are to be had: a hint where to look for blobs, and who needs what is
 * missing.
 *
 * @throws what reading manifests throws but for what is damaged, not there or closed to us
 */
export async function imageUsers(known: KnownImages, signal: AbortSignal): Promise<ImageUsers> {
  const users = new Map<Digest, Set<string>>();
  let count = 0;
  await runLimited(known.images, { concurrency, signal }, async (image, own) => {
    for (const digest of await digestsOf(image, known, own)) {
      count += 1;
      // Memory, should manifests be made to fill it.
      if (count > mostGraphBlobs) return;
      addUser(users, digest, image.reference);
    }
  });
  for (const [old, layers] of layersByOld(known.squeezed))
    for (const reference of layers.flatMap((layer) => [...(users.get(layer) ?? [])]))
      addUser(users, old, reference);
  return users;
}

async function digestsOf(
  image: BundledImage,
  { read }: KnownImages,
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const { reference, digest, size, mediaType } = image;
  try {
    const options = {
      fetch: async (descriptor: Descriptor): Promise<Uint8Array> => {
        const bytes = await read(descriptor, reference, signal);
        if (bytes === undefined) throw unknown(descriptor.digest);
        return bytes;
      },
      platforms: keptPlatforms(image),
    };
    const { blobs } = await walkImage(reference, { digest, size, mediaType }, options);
    return blobs.map(({ descriptor }) => descriptor.digest);
  } catch (error) {
    if (error instanceof PaletteEdgeError && unreadable.has(error.kind)) return [digest];
    throw error;
  }
}

/** The layers that patches against a layer give. */
function layersByOld(squeezed: SqueezedInventory | undefined): ReadonlyMap<Digest, readonly Digest[]> {
  const layers = Map.groupBy(squeezed?.layers ?? [], ({ plain }) => plain);
  const found = new Map<Digest, Digest[]>();
  for (const { plain, olds } of squeezed?.delta?.patches ?? [])
    for (const old of olds) {
      const known = found.get(old) ?? [];
      known.push(...(layers.get(plain) ?? []).map(({ digest }) => digest));
      found.set(old, known);
    }
  return found;
}

function addUser(users: Map<Digest, Set<string>>, digest: Digest, reference: string): void {
  const known = users.get(digest) ?? new Set<string>();
  users.set(digest, known.add(reference));
}

function unknown(digest: Digest): PaletteEdgeError {
  return new PaletteEdgeError('BLOB_NOT_FOUND', `${digest} is not to be had`, { kind: 'notFound' });
}
