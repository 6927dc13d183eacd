import { PaletteEdgeError } from '../errors.ts';
import type { ByteSink } from '../workflows/extract-output.ts';

/**
 * Standard output, for bytes that are no text.
 *
 * @throws PaletteEdgeError `OUTPUT_IS_TERMINAL` (kind usage)
 */
export function standardOutput(): ByteSink {
  const { stdout } = process;
  if (stdout.isTTY) {
    throw new PaletteEdgeError(
      'OUTPUT_IS_TERMINAL',
      'what is extracted is no text to be shown at a terminal',
      {
        kind: 'usage',
        suggestions: ['Name a file: --output FILE', 'Or pipe it: … --output - | podman load'],
      },
    );
  }
  return textOutput();
}

/** Standard output, for text that a terminal may show. */
export function textOutput(): ByteSink {
  const { stdout } = process;
  return {
    write: async (bytes) =>
      await new Promise((resolve, reject) => {
        stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  };
}
