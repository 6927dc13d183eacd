import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { RandomAccess } from '../io/random-access.ts';
import type { FileChecksum } from '../iso/iso-checksums.ts';
import type { IsoContentFile } from './iso-content.ts';

/** How files are hashed. */
export interface HashContext {
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
  /** Told of bytes that were read. */
  readonly onBytes: (count: number) => void;
}

/** A file, its pieces, and what the whole must have. */
type FileToHash = Pick<IsoContentFile, 'path' | 'pieces' | 'sha256'>;

/** The digests of a file, in hex. */
export interface HashedFile {
  readonly whole: string;
  readonly pieces: readonly FileChecksum[];
}

const pieceSize = 2 * 1024 * 1024;

/**
 * Hashes a file and its pieces, reading it once.
 *
 * @throws PaletteEdgeError `CHECKSUM_MISMATCH` (kind content) when it is not what it must be
 */
export async function hashIsoContent(file: FileToHash, context: HashContext): Promise<HashedFile> {
  const access = await openFileAccess(file.path, 'file');
  try {
    const [only] = file.pieces;
    if (file.pieces.length === 1 && only !== undefined) {
      const whole = await hashAccess(access, context);
      return expectWhole(file, { whole, pieces: [{ path: only.path, sha256: whole }] });
    }
    const whole = context.hasher.begin();
    const pieces: FileChecksum[] = [];
    for (const { path, start, size } of file.pieces) {
      const part = context.hasher.begin();
      const take = async (bytes: Uint8Array): Promise<void> => {
        await Promise.all([whole.update(bytes), part.update(bytes)]);
      };
      await readRange(access, { start, size, take }, context);
      pieces.push({ path, sha256: await part.digest() });
    }
    return expectWhole(file, { whole: await whole.digest(), pieces });
  } finally {
    await access.close();
  }
}

/** The sha256 of all bytes, in hex. */
export async function hashAccess(access: RandomAccess, context: HashContext): Promise<string> {
  const hash = context.hasher.begin();
  const take = async (bytes: Uint8Array): Promise<void> => await hash.update(bytes);
  await readRange(access, { start: 0, size: access.size, take }, context);
  return await hash.digest();
}

/** Bytes to read, and who gets them in order. */
export interface Range {
  readonly start: number;
  readonly size: number;
  readonly take: (bytes: Uint8Array) => Promise<void>;
}

/** Reads the next piece while the one before it is hashed. */
export async function readRange(
  access: RandomAccess,
  { start, size, take }: Range,
  { signal, onBytes }: HashContext,
): Promise<void> {
  let taken: Promise<void> = Promise.resolve();
  for (let position = start; position < start + size; position += pieceSize) {
    signal.throwIfAborted();
    const reading = access.read(position, Math.min(pieceSize, start + size - position));
    const [bytes] = await Promise.all([reading, taken]);
    onBytes(bytes.length);
    taken = take(bytes);
    // Whoever waits for it next gets the failure.
    taken.catch(() => undefined);
  }
  await taken;
}

function expectWhole({ path, sha256 }: FileToHash, hashed: HashedFile): HashedFile {
  if (sha256 === undefined || sha256 === hashed.whole) return hashed;
  throw new PaletteEdgeError(
    'CHECKSUM_MISMATCH',
    `${path} is not what was written: expected the sha256 ${sha256}, received ${hashed.whole}`,
    {
      kind: 'content',
      suggestions: ['Copy it again from where it was made, or build it again.'],
    },
  );
}
