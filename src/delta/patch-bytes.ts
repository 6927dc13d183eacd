import { invalidPatch } from './invalid-patch.ts';

/** Reads a patch that arrives in pieces. */
export interface PatchBytes {
  /** A whole number of at most 2^53 − 1; see {@link takeNumber}. */
  number(): Promise<number>;
  /** So many bytes: the caller has made sure that they are not too many. */
  bytes(length: number): Promise<Uint8Array>;
  /** Whether nothing is left. */
  ended(): Promise<boolean>;
}

/** The longest form of 2^53 − 1. */
const longestNumber = 8;

/** @throws PaletteEdgeError PATCH_INVALID from its functions, when the patch ends before what is asked for */
export function readPatchBytes(patch: AsyncIterable<Uint8Array>): PatchBytes & AsyncDisposable {
  const pieces = patch[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array(0);
  let at = 0;
  const ended = async (): Promise<boolean> => {
    while (at === piece.length) {
      const next = await pieces.next();
      if (next.done === true) return true;
      piece = next.value;
      at = 0;
    }
    return false;
  };
  const bytes = async (length: number): Promise<Uint8Array> => {
    const all = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (await ended()) throw invalidPatch('it ends too early');
      const part = piece.subarray(at, at + length - filled);
      all.set(part, filled);
      filled += part.length;
      at += part.length;
    }
    return all;
  };
  return {
    ended,
    bytes,
    async number() {
      const digits: number[] = [];
      do digits.push((await bytes(1))[0]!);
      while (digits.at(-1)! >= 128 && digits.length < longestNumber);
      return takeNumber({ bytes: Uint8Array.from(digits), at: 0 });
    },
    async [Symbol.asyncDispose]() {
      await pieces.return?.();
    },
  };
}

/** A place in bytes that are read one after the other. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/**
 * A whole number: seven bits a byte, the lowest first, with the eighth bit set in all bytes but the last.
 *
 * @throws PaletteEdgeError PATCH_INVALID when it is more than 2^53 − 1 or has no end
 */
export function takeNumber(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < longestNumber; count++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw invalidPatch('a number has no end');
    value += (byte & 127) * scale;
    if (value > Number.MAX_SAFE_INTEGER) break;
    if (byte < 128) return value;
    scale *= 128;
  }
  throw invalidPatch('a number is too large');
}

/** As {@link takeNumber}: 0, −1, 1, −2, … are 0, 1, 2, 3, … */
export function takeSigned(cursor: Cursor): number {
  const value = takeNumber(cursor);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
