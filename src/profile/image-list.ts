import { PaletteEdgeError } from '../errors.ts';
import { bareText } from './source-file.ts';
import type { SourceFile } from './source-file.ts';
import { maximumTextLength } from './yaml-tree.ts';

/** A line of an image list that names an image. */
export interface ListedImage {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * Reads a list of images: one on each line; `#` begins a comment at the start of a line and after white space.
 *
 * @throws PaletteEdgeError `FILE_TOO_LARGE` (kind usage)
 */
export function readImageList(file: SourceFile): ListedImage[] {
  if (file.text.length > maximumTextLength) {
    throw new PaletteEdgeError(
      'FILE_TOO_LARGE',
      `${file.name} has more than ${maximumTextLength} characters`,
      {
        kind: 'usage',
        suggestions: ['Is it the right file?'],
      },
    );
  }
  return bareText(file)
    .split(/\r\n|\r|\n/)
    .map((line, index) => ({ text: withoutComment(line), line: index + 1 }))
    .filter(({ text }) => text !== '');
}

function withoutComment(line: string): string {
  const comment = line.startsWith('#') ? 0 : line.search(/\s#/);
  return (comment === -1 ? line : line.slice(0, comment)).trim();
}
