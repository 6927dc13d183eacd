import { join } from 'node:path';

import { wordDiskError } from '../errors.ts';
import { removeStalePartialsWhere, writeFileAtomically } from '../io/atomic-file.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import { writeAll } from '../io/write-all.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { requireFreeSpace } from './require-free-space.ts';
import { archiveBytes, loadArchive } from './load-archive.ts';
import type { ImageContent } from './load-archive.ts';
import type { LoadListener } from './load-input.ts';
import type { ImageToLoad } from './load-plan.ts';

/** An archive that was written, or would be. */
export interface LoadedIntoFolder {
  readonly file: string;
  /** Of its blobs. */
  readonly bytes: number;
}

/** Whoever writes an archive writes all the time, unless it arrives over a slow link. */
const staleAfterMs = 60 * 60 * 1000;

/** What writing an archive needs. */
export interface FolderLoading {
  readonly folder: string;
  readonly listener: LoadListener;
  readonly signal: AbortSignal;
}

/**
 * Writes an archive of images into a folder. It has its name when all of it has matched its digests. The name says what is in it: the
 * same images replace their own file, and others never do.
 *
 * @throws PaletteEdgeError of kind disk, or of kind content for what is damaged
 */
export async function loadIntoFolder(
  source: ImageContent,
  images: readonly ImageToLoad[],
  { folder, listener, signal }: FolderLoading,
): Promise<LoadedIntoFolder> {
  const bundle = source.inventory.name;
  await removeStaleArchives(folder, bundle);
  const { file, bytes } = await planIntoFolder(bundle, images, folder);
  listener.onStart(bytes);
  const archive = loadArchive(source, images, { isDocker: false, onBytes: listener.onBytes, signal });
  try {
    await writeFileAtomically(file, async (handle) => {
      for await (const piece of archive) await writeAll(handle, piece);
    });
  } catch (error) {
    throw wordDiskError(error, `writing to ${file}`);
  }
  return { file, bytes };
}

/**
 * What {@link loadIntoFolder} would write.
 *
 * @param bundle its name
 * @throws PaletteEdgeError `NOT_ENOUGH_SPACE` (kind disk)
 */
export async function planIntoFolder(
  bundle: string,
  images: readonly ImageToLoad[],
  folder: string,
): Promise<LoadedIntoFolder> {
  const bytes = archiveBytes(images);
  await requireFreeSpace({ path: folder, what: 'the archive in', bytes, flag: '--into' });
  return { file: join(folder, archiveName(bundle, images)), bytes };
}

/** What a killed load of this bundle left, whichever images it was for. */
async function removeStaleArchives(folder: string, bundle: string): Promise<void> {
  const isArchive = (name: string): boolean =>
    name.startsWith(`${bundle}-`) && /^[0-9a-f]{8}\.tar$/.test(name.slice(bundle.length + 1));
  await removeStalePartialsWhere(folder, isArchive, staleAfterMs);
}

/** Uncompressed: layers are compressed already. k3s and rke2 go by the ending. */
function archiveName(bundle: string, images: readonly ImageToLoad[]): string {
  const content = images.map(({ names, blobs }) => ({
    names: names.map(({ name }) => name),
    blobs: blobs.map(({ digest }) => digest),
  }));
  const id = digestHex(digestOf(canonicalJson(content))).slice(0, 8);
  return `${bundle}-${id}.tar`;
}
