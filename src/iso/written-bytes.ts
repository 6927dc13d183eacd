import { isoSectorSize } from './iso-entry.ts';

/**
 * Makes a taker of what xorriso says while it writes an image, which is how many sectors are there so far.
 *
 * @param onBytes told how many more bytes there are
 */
export function writtenBytes(onBytes: ((count: number) => void) | undefined): (line: string) => void {
  let written = 0;
  return (line) => {
    const sectors = /\bUPDATE : Writing:\s+(\d+)s/.exec(line)?.[1];
    const now = sectors === undefined ? written : Number(sectors) * isoSectorSize;
    onBytes?.(Math.max(0, now - written));
    written = Math.max(now, written);
  };
}
