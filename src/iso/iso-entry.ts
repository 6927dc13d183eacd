/** A file that goes into an image. */
export interface IsoEntry {
  /** In the image: relative, with slashes; plain characters, see {@link isRawFileName}. */
  readonly path: string;
  /** Of a regular file on this machine; absolute. */
  readonly source: string;
  /** Where in the source it begins, in bytes; the beginning when undefined. */
  readonly start?: number;
  /** Bytes in the image. */
  readonly size: number;
  /** Whether it can be run from the mounted image. */
  readonly isExecutable?: boolean;
}

/** ECMA-119 counts in logical sectors of so many bytes. */
export const isoSectorSize = 2048;

/** Descriptors, path tables, the first directories. */
const fixedOverhead = 512 * 1024;
/** Of one file in both trees: records with a name of 255 bytes, its Rock Ridge fields, a sector that is not full. */
const overheadPerEntry = 8 * 1024;

/** Most bytes that an image of these files has. */
export function largestIsoSize(entries: readonly Pick<IsoEntry, 'size'>[]): number {
  const content = entries.reduce(
    (sum, { size }) => sum + Math.ceil(size / isoSectorSize) * isoSectorSize + overheadPerEntry,
    0,
  );
  return content + fixedOverhead;
}
