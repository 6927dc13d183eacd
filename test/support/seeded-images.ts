import { createCipheriv, createHash } from 'node:crypto';

/** A layer to push: its bytes follow from seed and size alone, and do not compress, as those of gzip layers. */
export interface SeededLayer {
  readonly seed: string;
  /** Bytes. */
  readonly size: number;
}

/** An image to push. */
export interface SeededImage {
  readonly name: string;
  readonly layers: readonly SeededLayer[];
}

const pieceSize = 4 * 1024 * 1024;

/** The bytes of a layer, in pieces. */
export function* layerContent({ seed, size }: SeededLayer): Generator<Buffer, void, undefined> {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  const stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(pieceSize);
  for (let done = 0; done < size; done += pieceSize) {
    yield stream.update(zeros.subarray(0, Math.min(pieceSize, size - done)));
  }
}

/** The sha256 of a layer, in hex. */
export function layerDigest(layer: SeededLayer): string {
  const hash = createHash('sha256');
  for (const piece of layerContent(layer)) hash.update(piece);
  return hash.digest('hex');
}
