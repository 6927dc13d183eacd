import { stat } from 'node:fs/promises';

import { PaletteEdgeError } from '../errors.ts';

/** A file as it was when it was looked at. */
export interface SeenFile {
  /** As it was named. */
  readonly path: string;
  /** Where it is, without links. */
  readonly source: string;
  readonly size: number;
  /** When it was changed last, in milliseconds. */
  readonly modified: number;
}

/**
 * Makes sure that a file is still what was looked at, when it has been read again for something else.
 *
 * @param into what was written meanwhile: `the ISO image`
 * @throws PaletteEdgeError `FILE_CHANGED` (kind content)
 */
export async function requireUnchanged(
  { path, source, size, modified }: SeenFile,
  into: string,
): Promise<void> {
  const status = await stat(source).catch(() => undefined);
  if (status?.size === size && status.mtimeMs === modified) return;
  throw new PaletteEdgeError('FILE_CHANGED', `${path} was changed while ${into} was written`, {
    kind: 'content',
    suggestions: ['Run the same command again, once nobody writes to the file.'],
  });
}
