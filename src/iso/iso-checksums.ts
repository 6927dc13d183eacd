import { PaletteEdgeError } from '../errors.ts';
import { driveAgain } from '../io/drive-again.ts';

/** Name of the list in the root of an image: `sha256sum -c` reads it there. */
export const checksumListName = 'SHA256SUMS';

/** Largest list that is read, in bytes. */
export const maximumChecksumList = 16 * 1024 * 1024;

/** A file and the sha256 of its content, in hex. */
export interface FileChecksum {
  /** Relative to the folder of the list. */
  readonly path: string;
  readonly sha256: string;
}

/** The list, sorted by path, as `sha256sum` of GNU coreutils writes it; names must need no escaping. */
export function formatChecksums(files: readonly FileChecksum[]): string {
  return files
    .toSorted((left, right) => (left.path < right.path ? -1 : 1))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`)
    .join('');
}

/**
 * Reads a list as `sha256sum` writes it, in text or binary mode.
 *
 * @param place where it is, for messages
 * @throws PaletteEdgeError `CHECKSUMS_INVALID` (kind content) with the number of the line, also for a path that is there twice
 */
export function parseChecksums(text: string, place: string): FileChecksum[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const paths = new Set<string>();
  return lines.map((line, index) => {
    const [, sha256, path] = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/.exec(line) ?? [];
    if (sha256 === undefined || path === undefined || paths.has(path)) {
      const reason = path === undefined ? 'it is no checksum and name' : 'its name is there already';
      throw new PaletteEdgeError('CHECKSUMS_INVALID', `${place}, line ${index + 1}: ${reason}`, {
        kind: 'content',
        suggestions: [driveAgain(place) ?? 'Copy the ISO image again from where it was made.'],
      });
    }
    paths.add(path);
    return { path, sha256 };
  });
}
