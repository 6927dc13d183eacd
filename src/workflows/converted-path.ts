import { realpath } from 'node:fs/promises';

import { PaletteEdgeError } from '../errors.ts';
import { checkOutput } from './check-output.ts';
import { checkPartsOutput } from './check-parts-output.ts';
import type { SplitRequest } from './split-request.ts';

const ending = /(?:\.squeezed|\.plain)?\.tar\.zst(?:[._]part\d+|\.parts\.json)?$/;

/** Where a bundle goes by default when it is squeezed: beside the plain one. */
export function squeezedPathOf(path: string): string {
  return `${stem(path)}.squeezed.tar.zst`;
}

/** Where a squeezed bundle goes by default as a plain one: beside it. */
export function plainPathOf(path: string): string {
  return /\.squeezed\.tar\.zst/.test(path) ? `${stem(path)}.tar.zst` : `${stem(path)}.plain.tar.zst`;
}

/** Of a bundle in an ISO image, that of the image. */
function stem(path: string): string {
  const image = /^(.*)\.iso(?::.*)?$/s.exec(path)?.[1];
  return image ?? path.replace(ending, '');
}

/** Where a bundle is written that is made of another one. */
interface ConvertedOutput {
  readonly output: string;
  /** Undefined writes one file. */
  readonly split: SplitRequest | undefined;
  /** It is hardly larger, in bytes. */
  readonly expectedSize: number;
}

/**
 * Makes sure that writing destroys nothing but an older bundle, and not the one that is read.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN`, `NOT_A_FILE` (kind usage)
 */
export async function checkConvertedOutput(
  input: string,
  { output, split, expectedSize }: ConvertedOutput,
): Promise<void> {
  const [from, to] = await Promise.all(
    [input, output].map(async (path) => await realpath(path).catch(() => path)),
  );
  if (from === to) {
    throw new PaletteEdgeError('OUTPUT_TAKEN', `${output} is the bundle that is read`, {
      kind: 'usage',
      suggestions: ['Name another file with --output.'],
    });
  }
  await (split === undefined ? checkOutput(output) : checkPartsOutput({ path: output, split, expectedSize }));
}
