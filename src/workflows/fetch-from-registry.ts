import { PaletteEdgeError } from '../errors.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { publicationNotFound } from './fetch-from-s3.ts';
import type { FetchSource } from './fetch-source.ts';
import { formatRegistryUrl } from './publish-place.ts';
import type { PublishPlace } from './publish-place.ts';

/** What a URL of a registry stands for: a tag, or all tags of a repository. */
export function registrySource(
  { repository, tag }: Extract<PublishPlace, { readonly kind: 'registry' }>,
  client: RegistryClient,
): FetchSource {
  const blobs = client.blobs(repository);
  const urlOf = (name: string | undefined): string => formatRegistryUrl({ ...repository, tag: name });
  return {
    url: urlOf(tag),
    urlOf,
    names: async (signal) => {
      if (tag !== undefined) return [tag];
      const tags = await client.listTags(repository, signal).catch(noneOf(urlOf(undefined)));
      return tags.toSorted();
    },
    manifest: async (name, signal) => {
      const fetched = await client
        .fetchManifest(repository, { tag: name }, signal)
        .catch(noneOf(urlOf(name)));
      return fetched.bytes;
    },
    open: async ({ digest, size }, from, signal) =>
      await blobs.open({ digest, size }, from === 0 ? { signal } : { range: { start: from }, signal }),
  };
}

/** What is not there is no image here. */
function noneOf(url: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof PaletteEdgeError && error.code === 'IMAGE_NOT_FOUND'
      ? publicationNotFound(url)
      : error;
  };
}
