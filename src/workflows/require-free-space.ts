import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { freeSpace } from '../io/free-space.ts';

/** Something that is going to be written. */
export interface SpaceRequest {
  readonly path: string;
  /** What it is, for messages: `the ISO image`. */
  readonly what: string;
  readonly bytes: number;
  /** The flag that names another place. */
  readonly flag: '--output' | '--out' | '--all' | '--into';
}

/**
 * Makes sure that there is space for what is going to be written.
 *
 * @throws PaletteEdgeError `NOT_ENOUGH_SPACE` (kind disk), or a failure to look
 */
export async function requireFreeSpace({ path, what, bytes, flag }: SpaceRequest): Promise<void> {
  let free: number;
  try {
    free = (await freeSpace(path)).bytes;
  } catch (error) {
    throw wordDiskError(error, `writing ${what} to ${path}`);
  }
  if (bytes <= free) return;
  throw new PaletteEdgeError(
    'NOT_ENOUGH_SPACE',
    `too little free space: ${what} ${path} needs ${formatByteSize(bytes)}, and ${formatByteSize(free)} are free`,
    { kind: 'disk', suggestions: [`Free some space, or choose another place with ${flag}.`] },
  );
}
