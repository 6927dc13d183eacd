import type { Warning } from '../warning.ts';

/**
 * What is told of a squeezed bundle that goes where something else than this tool may read it.
 *
 * @param path as the user gave it
 */
export function squeezedContent(path: string): Warning {
  return {
    code: 'SQUEEZED_CONTENT',
    message: `${path} is squeezed: other tools find its images with the same image IDs and other manifest digests; make it plain with palette-edge unsqueeze ${path}`,
  };
}
