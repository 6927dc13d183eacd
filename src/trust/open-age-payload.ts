import type { RandomAccess } from '../io/random-access.ts';
import { damagedAgeFile, truncatedAgeFile } from './age-error.ts';
import { ageTagSize, openChunk, payloadShape, sealedChunkSize } from './age-stream.ts';

/** The payload of an encrypted file. */
export interface AgePayload {
  readonly access: RandomAccess;
  /** The file, for messages. */
  readonly name: string;
  /** Where its first chunk begins, in bytes. */
  readonly start: number;
}

/** Chunks that are read at a time: 1 MiB. */
const chunksAtOnce = 16;

/**
 * Bytes that a payload decrypts to, by its length.
 *
 * @throws PaletteEdgeError `ENCRYPTED_FILE_TRUNCATED` (kind content) for a length that no payload has
 */
export function plainSizeOf({ access, name, start }: AgePayload): number {
  return shapeOf({ access, name, start }).plainSize;
}

/**
 * Decrypts a payload chunk by chunk. What is given was encrypted by somebody who knew the key, in this place; that the payload is whole is
 * known when the iteration ends.
 *
 * @param key of the payload
 * @throws PaletteEdgeError `ENCRYPTED_FILE_DAMAGED`, `ENCRYPTED_FILE_TRUNCATED` (kind content), and those of reading; the signal's reason
 */
export async function* openAgePayload(
  payload: AgePayload,
  key: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { chunks } = shapeOf(payload);
  let next = readChunks(payload, 0);
  try {
    for (let first = 0; first < chunks; first += chunksAtOnce) {
      const bytes = await next;
      signal.throwIfAborted();
      // The disk works while these are decrypted.
      if (first + chunksAtOnce < chunks) next = readChunks(payload, first + chunksAtOnce);
      for (let at = 0, index = first; at < bytes.length; at += sealedChunkSize, index += 1) {
        const place = { index, isLast: index === chunks - 1 };
        const sealed = bytes.subarray(at, at + sealedChunkSize);
        yield openChunk(key, place, sealed) ?? explain(payload, { key, ...place, sealed });
      }
    }
  } finally {
    await Promise.allSettled([next]);
  }
}

function shapeOf({ access, name, start }: AgePayload): NonNullable<ReturnType<typeof payloadShape>> {
  const shape = payloadShape(access.size - start);
  if (shape !== undefined) return shape;
  throw truncatedAgeFile(name, `its last chunk has less than ${ageTagSize + 1} bytes`);
}

async function readChunks({ access, start }: AgePayload, first: number): Promise<Uint8Array> {
  const position = start + first * sealedChunkSize;
  const read = access.read(position, Math.min(chunksAtOnce * sealedChunkSize, access.size - position));
  // A failure is told when its turn comes.
  read.catch(() => undefined);
  return await read;
}

interface WrongChunk {
  readonly key: Uint8Array;
  readonly index: number;
  readonly isLast: boolean;
  readonly sealed: Uint8Array;
}

/** Says why a chunk does not open: as what it is not it may. */
function explain({ access, name, start }: AgePayload, { key, index, isLast, sealed }: WrongChunk): never {
  const position = start + index * sealedChunkSize;
  const opensAsOther = openChunk(key, { index, isLast: !isLast }, sealed) !== undefined;
  if (opensAsOther && isLast)
    throw truncatedAgeFile(
      name,
      `it ends behind chunk ${index}, at byte ${access.size}, and more must follow`,
    );
  if (opensAsOther) {
    const end = position + sealed.length;
    throw damagedAgeFile(name, `its last chunk ends at byte ${end}, and ${access.size - end} bytes follow`);
  }
  const where = access.where?.(position, sealed.length);
  const inParts = where === undefined ? '' : `, in ${where}`;
  throw damagedAgeFile(
    name,
    `chunk ${index}, bytes ${position} to ${position + sealed.length - 1}${inParts}, is not what was encrypted${isLast ? ', or the file was cut there' : ''}`,
  );
}
