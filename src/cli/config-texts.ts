import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';

/** The text of a config file. */
export interface ConfigText {
  readonly path: string;
  readonly text: string;
  /** The file of the user, for one that merely lies in the working folder: nobody named it, and whose it is nobody knows. */
  readonly ownFile?: string | undefined;
}

/** Where config files are looked for. */
export interface ConfigPlaces {
  /** The only file to read, as it was named; it has to be there. */
  readonly named?: string | undefined;
  /** `$XDG_CONFIG_HOME/palette-edge`. */
  readonly userFolder: string;
}

const fileName = 'palette-edge.yaml';
const maximumSize = 1024 * 1024;

/**
 * Reads the config files that are there, the one that wins first: the working directory's, then the user's.
 *
 * @throws PaletteEdgeError `FILE_NOT_FOUND` for a named file that is not there, `CONFIG_FILE_INVALID` for one over 1 MiB
 *   or of no file, or by the reason why it cannot be read
 */
export async function readConfigTexts({ named, userFolder }: ConfigPlaces): Promise<ConfigText[]> {
  if (named !== undefined) {
    const text = await readText(named);
    if (text !== undefined) return [{ path: named, text }];
    throw new PaletteEdgeError('FILE_NOT_FOUND', `reading the config file ${named} failed: no such file`, {
      kind: 'notFound',
      suggestions: ['Check --config and PALETTE_EDGE_CONFIG.'],
    });
  }
  const ownFile = join(userFolder, fileName);
  const paths = new Map([fileName, ownFile].map((path) => [resolve(path), path]));
  const found = await Promise.all(
    [...paths.values()].map(async (path) => ({
      path,
      text: await readText(path),
      ...(path !== ownFile && { ownFile }),
    })),
  );
  return found.filter((file): file is ConfigText => file.text !== undefined);
}

/** @returns undefined when there is no such file */
async function readText(path: string): Promise<string | undefined> {
  try {
    // Before it is opened: a pipe would be waited for, a device never ends.
    const status = await stat(path);
    if (!status.isFile() && !status.isDirectory()) throw invalid(path, 'it is no regular file');
    if (status.size > maximumSize) throw invalid(path, `it has more than ${maximumSize} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw wordDiskError(error, `reading the config file ${path}`);
  }
}

function invalid(path: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('CONFIG_FILE_INVALID', `the config file ${path} cannot be read: ${reason}`, {
    kind: 'usage',
    suggestions: ['Is it the right file?', 'To go on without config files: --no-config'],
  });
}
