import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { wordDiskError } from '../errors.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import { outputTarget } from './check-output.ts';
import { emptyChecksumFile } from './checksum-file.ts';

/** Where an image is made. Absolute. */
export interface IsoPlaces {
  /** An empty file beside the name of the image. */
  readonly file: string;
  /** An empty folder beside it, which only this user can read, for files that are made for the image. */
  readonly folder: string;
}

/** Who may read an image, and how soon what is left of a killed run is removed. */
export interface IsoFileOptions {
  readonly mode?: number;
  /** In milliseconds; a day when undefined. */
  readonly staleAfterMs?: number;
}

/**
 * Makes an image beside its name and renames it when it is complete; the checksum of an older one is emptied before. Symbolic links stay: their targets are written. What a killed run
 * left, the next one to the same path removes.
 *
 * @throws PaletteEdgeError kind disk that names the file, or what `make` throws; nothing is left then
 */
export async function writeIsoFile<T>(
  path: string,
  make: (places: IsoPlaces) => Promise<T>,
  { mode, staleAfterMs }: IsoFileOptions = {},
): Promise<T> {
  try {
    return await withMadeFolder(dirname(path), async () => {
      const target = await outputTarget(path);
      await removeStalePartials(target, staleAfterMs);
      await using folder = await folderBeside(target);
      const write = async (_: unknown, beside: string): Promise<T> =>
        await make({ file: resolve(beside), folder: resolve(folder.path) });
      const beforeNamed = async (): Promise<void> => await emptyChecksumFile(path);
      return await writeFileAtomically(target, write, { mode, beforeNamed });
    });
  } catch (error) {
    throw wordDiskError(error, `writing the ISO image to ${path}`);
  }
}

/** Its name is that of a partial file, for whoever removes those. */
async function folderBeside(target: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = `${target}.${randomBytes(6).toString('hex')}.partial`;
  await mkdir(path, { mode: 0o700 });
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
}
