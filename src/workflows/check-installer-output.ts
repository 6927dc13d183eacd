import { PaletteEdgeError } from '../errors.ts';
import { checkIsoOutput, outputTarget } from './check-output.ts';

/**
 * Makes sure that writing the image destroys nothing but an older image, and none that it is made from.
 *
 * @param inputs files that are read; absolute, without links
 * @returns the file to write: the target of a symbolic link
 * @throws PaletteEdgeError `NOT_A_FILE`, `OUTPUT_TAKEN` (kind usage), or a failure to look
 */
export async function checkInstallerOutput(path: string, inputs: readonly string[]): Promise<string> {
  await checkIsoOutput(path);
  const target = await outputTarget(path);
  if (!inputs.includes(target)) return target;
  throw new PaletteEdgeError(
    'OUTPUT_TAKEN',
    `writing the installer to ${path} failed: it is one of the files that it is made from`,
    { kind: 'usage', suggestions: ['Name another file with --out.'] },
  );
}
