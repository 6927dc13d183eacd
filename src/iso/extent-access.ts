import type { RandomAccess } from '../io/random-access.ts';
import type { FileExtent } from './iso-tree.ts';

/** The content of a file whose pieces lie anywhere in an image. Closing it closes nothing. */
export function extentAccess(image: RandomAccess, extents: readonly FileExtent[]): RandomAccess {
  const placed: { readonly start: number; readonly position: number; readonly size: number }[] = [];
  let size = 0;
  for (const extent of extents) {
    placed.push({ ...extent, start: size });
    size += extent.size;
  }
  return {
    size,
    read: async (position, length) => {
      if (position < 0 || length < 0 || position + length > size) {
        throw new RangeError(`bytes ${position} to ${position + length} are not inside a file of ${size}`);
      }
      const pieces = placed.flatMap((extent) => {
        const from = Math.max(position, extent.start);
        const to = Math.min(position + length, extent.start + extent.size);
        return from < to ? [{ from: extent.position + from - extent.start, length: to - from }] : [];
      });
      const [only] = pieces;
      if (only !== undefined && pieces.length === 1) return await image.read(only.from, only.length);
      const read: Uint8Array[] = [];
      for (const piece of pieces) read.push(await image.read(piece.from, piece.length));
      return Buffer.concat(read);
    },
    close: async () => await Promise.resolve(),
  };
}
