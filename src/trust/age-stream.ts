import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes of plaintext in every chunk but the last (https://c2sp.org/age#payload). */
export const ageChunkSize = 64 * 1024;

/** Bytes of a chunk's authenticator, behind its ciphertext (RFC 7539, section 2.8). */
export const ageTagSize = 16;

/** Bytes of a whole chunk in the file. */
export const sealedChunkSize = ageChunkSize + ageTagSize;

const algorithm = 'chacha20-poly1305';

/** Which chunk of a payload one is. */
export interface ChunkPlace {
  /** From 0. */
  readonly index: number;
  readonly isLast: boolean;
}

/** Bytes of a payload, without its nonce, that so many bytes are encrypted to. */
export function sealedPayloadSize(plainSize: number): number {
  return plainSize + ageTagSize * Math.max(1, Math.ceil(plainSize / ageChunkSize));
}

/**
 * Chunks of a payload of so many bytes, and what they decrypt to; undefined for a length that no payload has: its last chunk would have no
 * byte of content, or not even an authenticator.
 */
export function payloadShape(
  sealedSize: number,
): { readonly chunks: number; readonly plainSize: number } | undefined {
  const chunks = Math.max(1, Math.ceil(sealedSize / sealedChunkSize));
  const last = sealedSize - (chunks - 1) * sealedChunkSize;
  // Only the whole payload may be empty.
  if (last < ageTagSize || (last === ageTagSize && chunks > 1)) return undefined;
  return { chunks, plainSize: sealedSize - chunks * ageTagSize };
}

/**
 * Encrypts a chunk.
 *
 * @param key of the payload, 32 bytes
 * @returns the ciphertext and the authenticator that follows it
 */
export function sealChunk(
  key: Uint8Array,
  place: ChunkPlace,
  plain: Uint8Array,
): readonly [Uint8Array, Uint8Array] {
  const cipher = createCipheriv(algorithm, key, chunkNonce(place), { authTagLength: ageTagSize });
  const sealed = cipher.update(plain);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** Decrypts a chunk with its authenticator; undefined for one that was not encrypted with this key, in this place. */
export function openChunk(key: Uint8Array, place: ChunkPlace, sealed: Uint8Array): Uint8Array | undefined {
  const end = sealed.length - ageTagSize;
  const decipher = createDecipheriv(algorithm, key, chunkNonce(place), { authTagLength: ageTagSize });
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
}

/** A counter of 11 bytes, big endian, and a byte that says whether it is the last chunk (https://c2sp.org/age#payload). */
function chunkNonce({ index, isLast }: ChunkPlace): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(index), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
