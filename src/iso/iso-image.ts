import type { RandomAccess } from '../io/random-access.ts';
import { extentAccess } from './extent-access.ts';
import { readIsoTree } from './iso-tree.ts';
import type { IsoFile } from './iso-tree.ts';
import { readIsoVolume } from './iso-volume.ts';

/** An ISO 9660 image that is open: what is in it, and the content of each file, at any position. */
export interface IsoImage {
  readonly label: string;
  /** Length of the image's file in bytes. */
  readonly size: number;
  /** Sorted by path. */
  readonly files: readonly IsoFile[];
  /** The one of {@link files} with that path. */
  find(path: string): IsoFile | undefined;
  /** The content of one of {@link files}; closing it closes nothing. */
  open(file: IsoFile): RandomAccess;
  close(): Promise<void>;
}

/**
 * Opens an image and reads all its folders. Takes what mkisofs, xorriso and their like write: Rock Ridge, Joliet or plain names, and files
 * of any size. Nothing that an image says makes it read outside the file, without end, or more than some megabytes.
 *
 * The image closes `access`, also when opening fails.
 *
 * @param place the image, for messages: a path as the user wrote it
 * @throws PaletteEdgeError `NOT_AN_ISO`, `ISO_TRUNCATED`, `ISO_DAMAGED` (kind content), or a failure to read it
 */
export async function openIsoImage(access: RandomAccess, place: string): Promise<IsoImage> {
  try {
    const volume = await readIsoVolume(access, place);
    const files = await readIsoTree(access, volume, place);
    const byPath = new Map(files.map((file) => [file.path, file]));
    return {
      label: volume.label,
      size: access.size,
      files,
      find: (path) => byPath.get(path),
      open: ({ extents }) => extentAccess(access, extents),
      close: async () => await access.close(),
    };
  } catch (error) {
    await access.close();
    throw error;
  }
}
