import { requestImages } from '../profile/request-images.ts';
import type { ImageRequests } from '../profile/request-images.ts';
import type { SourceFile } from '../profile/source-file.ts';
import { readSourceFile } from './read-source-file.ts';

/** What the user named as sources of images; paths are as typed. */
export interface ImageSources {
  readonly profiles: readonly string[];
  readonly images: readonly string[];
  readonly imagesFiles: readonly string[];
  readonly manifests: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly macros: ReadonlyMap<string, string>;
}

/**
 * Reads every named file and resolves it to image references with their origins. Offline.
 *
 * @throws PaletteEdgeError for files that cannot be read, profiles that cannot be understood, malformed references
 */
export async function resolveImages(sources: ImageSources): Promise<ImageRequests> {
  const [profiles, lists, manifests] = await Promise.all([
    readAll(sources.profiles, 'profile'),
    readAll(sources.imagesFiles, 'image list'),
    readAll(sources.manifests, 'manifest'),
  ]);
  const { images, variables, macros } = sources;
  return requestImages({ profiles, images, lists, manifests, variables, macros });
}

async function readAll(paths: readonly string[], what: string): Promise<SourceFile[]> {
  return await Promise.all(paths.map(async (path) => await readSourceFile(path, what)));
}
