import { createReadStream } from 'node:fs';
import { basename } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import type { SourceFile } from '../profile/source-file.ts';

/** Profiles, lists and manifests are text written by people and exports; nothing real comes near this. */
const maximumSize = 16 * 1024 * 1024;

/**
 * Reads a text file that the user named. Only its base name is kept: paths tell of hosts and users.
 *
 * @param what what the file is, for messages: `profile`
 * @throws PaletteEdgeError `FILE_NOT_FOUND`, `FILE_TOO_LARGE`, `FILE_NOT_TEXT` and other kinds by reason
 */
export async function readSourceFile(path: string, what: string): Promise<SourceFile> {
  try {
    return { name: basename(path), text: decodeText(await readBytes(path, what), `${what} ${path}`) };
  } catch (error) {
    throw wordDiskError(error, `reading the ${what} ${path}`);
  }
}

/** Counts what it reads: a pipe or device does not say its size. */
async function readBytes(path: string, what: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of createReadStream(path)) {
    const bytes: Buffer = piece;
    size += bytes.length;
    if (size > maximumSize) {
      throw new PaletteEdgeError('FILE_TOO_LARGE', `${what} ${path} has more than ${maximumSize} bytes`, {
        kind: 'usage',
        suggestions: ['Is it the right file?'],
      });
    }
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

function decodeText(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new PaletteEdgeError('FILE_NOT_TEXT', `${place} is not UTF-8 text`, {
      kind: 'usage',
      cause: error,
      suggestions: ['Is it the right file? Text has to be saved as UTF-8.'],
    });
  }
}
