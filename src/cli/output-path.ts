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
  if (path === undefined) return undefined;
  if (path === '-') {
    throw invalid(
      '--output - is no file, and a bundle is not written to standard output',
      'Name a file: --output FILE; one that is called - is ./-',
    );
  }
  return requirePath(path, '--output FILE');
}

function invalid(message: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('PATH_INVALID', message, { kind: 'usage', suggestions: [suggestion] });
}
