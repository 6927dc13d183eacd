import { openFileAccess } from '../io/random-access.ts';
import type { BlobRange } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Reference } from '../oci/reference.ts';
import type { RegistryPusher } from '../registry/registry-pusher.ts';
import { readStretch } from './publish-files.ts';
import { emptyConfig } from './publish-manifest.ts';
import { formatRegistryUrl } from './publish-place.ts';
import type { PublishTarget } from './publish-target.ts';

/** A tag of a repository. */
export interface TaggedPlace {
  readonly repository: Pick<Reference, 'registry' | 'repository'>;
  readonly tag: string;
}

/**
 * Publishes to a repository of a registry: files are blobs, and the tag is moved last. A blob that is there is not sent again, nor what an
 * earlier run sent of a large one, where the pusher remembers it and the registry has it still.
 */
export function registryTarget({ repository, tag }: TaggedPlace, pusher: RegistryPusher): PublishTarget {
  const place = { repository, target: { tag } };
  return {
    url: formatRegistryUrl({ ...repository, tag }),
    // Registries take blobs whole, and say themselves how far they got.
    pieceSize: (size) => size,
    publishedDigest: async (signal) => await pusher.findManifest(repository, { tag }, signal),
    stateOf: async (file, signal) => ((await pusher.hasBlob(repository, file, signal)) ? 'there' : 'missing'),
    withdraw: async () => await Promise.resolve(),
    send: async (file, { onBytes, onKept, signal }) => {
      const { path, digest, size } = file;
      const open = async (range?: BlobRange): Promise<AsyncIterable<Uint8Array>> =>
        await Promise.resolve(readFileRange(path, { start: range?.start ?? 0, end: range?.end ?? size }));
      const blob = { digest, size };
      await pusher.pushBlob({ repository, blob, open, onBytes, onKept, isLasting: true, signal });
    },
    publish: async (manifest, signal) => {
      const config: BlobIdentity = { digest: digestOf(emptyConfig), size: emptyConfig.length };
      if (!(await pusher.hasBlob(repository, config, signal)))
        await pusher.pushBlob({
          repository,
          blob: config,
          open: async () => await Promise.resolve(once(emptyConfig)),
          signal,
        });
      const descriptor = {
        mediaType: mediaTypes.ociManifest,
        digest: digestOf(manifest),
        size: manifest.length,
      };
      await pusher.putManifest(place, { descriptor, bytes: manifest }, signal);
    },
  };
}

/** A part of a file of this machine; opened once it is read. */
export async function* readFileRange(
  path: string,
  range: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const access = await openFileAccess(path, 'bundle');
  try {
    yield* readStretch(access, range);
  } finally {
    await access.close();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
