import { PaletteEdgeError } from '../errors.ts';

/**
 * The value of a flag that names a file or folder to make.
 *
 * @param expected what to write instead: `--output FILE`
 * @throws PaletteEdgeError `PATH_INVALID` (kind usage) for an empty one
 */
export function requirePath(path: string, expected: string): string {
  if (path !== '') return path;
  const flag = expected.split(' ', 1)[0] ?? expected;
  throw invalid(`${flag} is empty`, `Name one: ${expected}`);
}

/**
 * The value of `--output`.
 *
 * @throws PaletteEdgeError `PATH_INVALID` (kind usage) for an empty one, and for `-`: a bundle is read back and renamed,
 *   so it needs a file
 */
export function outputPath(path: string | undefined): string | undefined {
  return path === undefined ? undefined : filePath(path, '--output', 'a bundle');
}

/**
 * The value of a flag that names a file to make of what is read back and renamed, as {@link outputPath} has it.
 *
 * @param flag that names it: `--out`
 * @param what it is, for messages: `an installer`
 * @throws PaletteEdgeError `PATH_INVALID` (kind usage)
 */
export function filePath(path: string, flag: string, what: string): string {
  if (path === '-') {
    throw invalid(
      `${flag} - is no file, and ${what} is not written to standard output`,
      `Name a file: ${flag} FILE; one that is called - is ./-`,
    );
  }
  return requirePath(path, `${flag} FILE`);
}

function invalid(message: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('PATH_INVALID', message, { kind: 'usage', suggestions: [suggestion] });
}
