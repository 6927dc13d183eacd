import { lstat, realpath } from 'node:fs/promises';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { freeSpace } from '../io/free-space.ts';
import { openFileAccess } from '../io/random-access.ts';
import { isIsoImage } from '../iso/iso-volume.ts';

/**
 * Makes sure that writing the image destroys nothing but an older image, and none that it is made from.
 *
 * @param inputs files that are read; absolute, without links
 * @returns the file to write: the target of a symbolic link
 * @throws PaletteEdgeError `NOT_A_FILE`, `OUTPUT_TAKEN` (kind usage), or a failure to look
 */
export async function checkInstallerOutput(path: string, inputs: readonly string[]): Promise<string> {
  const action = `writing the installer to ${path}`;
  const target = await targetOf(path, action);
  if (target === undefined) return path;
  if (inputs.includes(target)) {
    throw refused('OUTPUT_TAKEN', `${action} failed: it is one of the files that it is made from`);
  }
  const status = await lstat(target);
  if (!status.isFile()) throw refused('NOT_A_FILE', `${action} failed: it is not a regular file`);
  await using file = await openOutput(target);
  if (status.size === 0 || (await isIsoImage(file))) return target;
  throw refused('OUTPUT_TAKEN', `${action} failed: the file is there already and is no ISO image`);
}

async function openOutput(
  path: string,
): Promise<Awaited<ReturnType<typeof openFileAccess>> & AsyncDisposable> {
  const file = await openFileAccess(path, 'installer');
  return { ...file, [Symbol.asyncDispose]: async () => await file.close() };
}

async function targetOf(path: string, action: string): Promise<string | undefined> {
  if (path.endsWith('/')) throw refused('NOT_A_FILE', `${action} failed: it is a folder, not a file`);
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw wordDiskError(error, action);
    const link = await lstat(path).catch(() => undefined);
    if (link === undefined) return undefined;
    throw refused('NOT_A_FILE', `${action} failed: it is a symbolic link to a file that does not exist`);
  }
}

function refused(code: string, message: string): PaletteEdgeError {
  return new PaletteEdgeError(code, message, {
    kind: 'usage',
    suggestions: ['Name another file with --out.'],
  });
}

/** @throws PaletteEdgeError `NOT_ENOUGH_SPACE` (kind disk) */
export async function requireSpace(path: string, bytes: number): Promise<void> {
  const free = await freeSpace(path);
  if (free.bytes >= bytes) return;
  throw new PaletteEdgeError(
    'NOT_ENOUGH_SPACE',
    `too little free space for ${path}: ${bytes} bytes are needed, ${free.bytes} are free`,
    { kind: 'disk', suggestions: ['Free some space, or name a file on another disk with --out.'] },
  );
}
