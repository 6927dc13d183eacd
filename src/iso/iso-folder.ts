import { posix } from 'node:path';

import type { FolderAccess } from '../io/folder-access.ts';
import { notFoundInIso } from './iso-error.ts';
import type { IsoImage } from './iso-image.ts';

/**
 * A folder of an open image. What is opened in it closes nothing: the image is closed by whoever opened it.
 *
 * @param path in the image; empty for its root
 * @param place the image, for messages
 */
export function isoFolder(image: IsoImage, path: string, place: string): FolderAccess {
  const inside = (name: string): string => posix.join(path, name);
  return {
    place: (name) => `${place}:${inside(name)}`,
    names: async () => {
      const names = image.files.flatMap((file) =>
        posix.dirname(file.path) === (path === '' ? '.' : path) ? [posix.basename(file.path)] : [],
      );
      return await Promise.resolve(names);
    },
    status: async (name) => {
      const file = image.find(inside(name));
      const status = file && { isFile: file.kind === 'file', size: file.size };
      return await Promise.resolve(status);
    },
    open: async (name, what) => {
      const file = image.find(inside(name));
      if (file?.kind !== 'file') throw notFoundInIso(`${place}:${inside(name)}`, what);
      return await Promise.resolve(image.open(file));
    },
  };
}
