import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import { checkOutput } from './check-output.ts';
import { checkPartsOutput } from './check-parts-output.ts';
import type { OpenedBundle } from './open-bundle.ts';
import type { SplitRequest } from './split-request.ts';

const ending = /(?:\.squeezed|\.plain|\.delta)?\.tar\.zst(?:[._]part\d+|\.parts\.json)?$/;

/** Where a bundle goes by default when it is squeezed: beside the plain one, but not where CanvOS takes content from. */
export function squeezedPathOf(path: string): string {
  return inFolder('content-', 'squeezed-', `${stem(path)}.squeezed.tar.zst`);
}

/** Where a squeezed or delta bundle goes by default as a plain one: where {@link squeezedPathOf} has it from, or beside it. */
export function plainPathOf(path: string): string {
  const kind = /\.(squeezed|delta)\.tar\.zst/.exec(path)?.[1];
  if (kind === undefined) return `${stem(path)}.plain.tar.zst`;
  return inFolder(`${kind}-`, 'content-', `${stem(path)}.tar.zst`);
}

/** What is in `content-1a2b3c4d` is in `squeezed-1a2b3c4d` beside it; what is in another folder stays there. */
function inFolder(from: string, to: string, path: string): string {
  const folder = dirname(path);
  const name = basename(resolve(folder));
  if (!name.startsWith(from)) return path;
  return join(folder, '..', `${to}${name.slice(from.length)}`, basename(path));
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

/** What is read, and what it was found in. */
export interface ConvertedInput extends Pick<OpenedBundle, 'parts' | 'image'> {
  readonly path: string;
}

/**
 * Makes sure that writing destroys nothing but an older bundle, and not the one that is read: parts are removed when a bundle of their name is
 * written.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN`, `NOT_A_FILE` (kind usage)
 */
export async function checkConvertedOutput(
  input: ConvertedInput,
  { output, split, expectedSize }: ConvertedOutput,
): Promise<void> {
  await requireOtherOutput(output, [input]);
  await (split === undefined ? checkOutput(output) : checkPartsOutput({ path: output, split, expectedSize }));
}

/**
 * Makes sure that a bundle is not written over one that is read.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage)
 */
export async function requireOtherOutput(output: string, read: readonly ConvertedInput[]): Promise<void> {
  const places = await Promise.all(read.flatMap(pathsOf).map(placeOf));
  if (!places.includes(await placeOf(output))) return;
  throw new PaletteEdgeError('OUTPUT_TAKEN', `${output} is the bundle that is read`, {
    kind: 'usage',
    suggestions: ['Name another file with --output.'],
  });
}

function pathsOf({ path, parts, image }: ConvertedInput): string[] {
  if (parts === undefined) return [path, ...(image === undefined ? [] : [image])];
  if (image !== undefined) return [path, image];
  const names = [parts.bundle, parts.listName ?? parts.bundle, ...parts.parts.map(({ name }) => name)];
  return [path, ...names.map((name) => join(dirname(path), name))];
}

/** The file that a path leads to, which need not be there. */
async function placeOf(path: string): Promise<string> {
  const inItsFolder = async (): Promise<string> =>
    join(await realpath(dirname(path)).catch(() => resolve(dirname(path))), basename(path));
  return await realpath(path).catch(inItsFolder);
}
