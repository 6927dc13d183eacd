import { PaletteEdgeError } from '../errors.ts';
import type { Hasher, StreamHash } from '../io/hash-thread.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { FileChecksum } from '../iso/iso-checksums.ts';
import { openIsoImage } from '../iso/iso-image.ts';
import type { IsoImage } from '../iso/iso-image.ts';
import type { FileExtent, IsoFile } from '../iso/iso-tree.ts';
import { readRange } from './hash-iso-content.ts';
import type { HashContext } from './hash-iso-content.ts';

/** An image that was just written, and what must be in it. */
export interface WrittenIso {
  /** Where it lies. */
  readonly file: string;
  /** What it is going to be called, for messages. */
  readonly path: string;
  readonly label: string;
  /** All its files. */
  readonly checksums: readonly FileChecksum[];
}

/** What reading back takes. */
export interface CheckContext extends HashContext {
  /** Told of the size before anything is read. */
  readonly onStart: (size: number) => void;
}

/** An image that holds what it must. */
export interface CheckedIso {
  /** In bytes. */
  readonly size: number;
  /** Of the whole image, in hex. */
  readonly sha256: string;
}

/**
 * Reads an image back once, from its beginning to its end, with our own reader of images: every file must be there, have the content that
 * it was made of, and nothing else may be in it.
 *
 * @throws PaletteEdgeError `ISO_DIFFERS` (kind content), or a failure to read
 */
export async function checkWrittenIso(written: WrittenIso, context: CheckContext): Promise<CheckedIso> {
  const access = await openFileAccess(written.file, 'ISO image');
  const image = await openBack(access, written);
  try {
    context.onStart(image.size);
    const hashes = new FileHashes(expectedFiles(image, written), context.hasher);
    const whole = context.hasher.begin();
    let position = 0;
    const take = async (bytes: Uint8Array): Promise<void> => {
      const start = position;
      position += bytes.length;
      await Promise.all([whole.update(bytes), hashes.take(start, bytes)]);
    };
    await readRange(access, { start: 0, size: image.size, take }, context);
    const [damaged] = hashes.damaged;
    if (damaged !== undefined) throw differs(written.path, damaged);
    return { size: image.size, sha256: await whole.digest() };
  } finally {
    await image.close();
  }
}

async function openBack(access: Parameters<typeof openIsoImage>[0], { path }: WrittenIso): Promise<IsoImage> {
  try {
    return await openIsoImage(access, path);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
    throw differs(path, error.message, error);
  }
}

interface ExpectedFile extends Pick<IsoFile, 'path' | 'size' | 'extents'> {
  readonly sha256: string;
}

function expectedFiles(image: IsoImage, { path, label, checksums }: WrittenIso): ExpectedFile[] {
  if (image.label !== label) throw differs(path, `its label is ${JSON.stringify(image.label)}`);
  const names = new Set(checksums.map((each) => each.path));
  const extra = image.files.find((file) => !names.has(file.path));
  if (extra !== undefined) throw differs(path, `${extra.path} is in it`);
  return checksums.map(({ path: name, sha256 }) => {
    const file = image.find(name);
    if (file?.kind !== 'file') throw differs(path, `${name} is missing`);
    return { path: name, size: file.size, extents: file.extents, sha256 };
  });
}

/** A piece of a file, and the hash of that file. */
interface Span extends FileExtent {
  readonly file: HashedFile;
}

interface HashedFile {
  readonly path: string;
  readonly sha256: string;
  hash: StreamHash | undefined;
  /** Bytes that are still to come. */
  left: number;
}

/** Hashes files of an image while that is read in order. Files may share their content. */
class FileHashes {
  readonly damaged: string[] = [];
  readonly #hasher: Hasher;
  /** By position. */
  readonly #spans: readonly Span[];
  #next = 0;
  /** Those that are being read. */
  #open: readonly Span[] = [];

  constructor(files: readonly ExpectedFile[], hasher: Hasher) {
    this.#hasher = hasher;
    this.#spans = files
      .flatMap(({ path, sha256, size, extents }) => {
        const file: HashedFile = { path, sha256, hash: undefined, left: size };
        // An empty one is nowhere; reading begins with it.
        return (size === 0 ? [{ position: 0, size: 0 }] : extents).map((extent) => ({ ...extent, file }));
      })
      .toSorted((left, right) => left.position - right.position);
  }

  async take(start: number, bytes: Uint8Array): Promise<void> {
    const end = start + bytes.length;
    const open = [...this.#open];
    for (let span = this.#spans[this.#next]; span !== undefined && span.position < end;) {
      open.push(span);
      this.#next += 1;
      span = this.#spans[this.#next];
    }
    this.#open = open.filter(({ position, size }) => position + size > end);
    for (const { position, size, file } of open) {
      const from = Math.max(start, position) - start;
      const to = Math.min(end, position + size) - start;
      // A view would take all the bytes with it on its way to a thread.
      await this.#update(file, from === 0 && to === bytes.length ? bytes : bytes.slice(from, to));
    }
  }

  async #update(file: HashedFile, bytes: Uint8Array): Promise<void> {
    file.hash ??= this.#hasher.begin();
    await file.hash.update(bytes);
    file.left -= bytes.length;
    if (file.left > 0) return;
    const sha256 = await file.hash.digest();
    if (sha256 !== file.sha256) {
      this.damaged.push(`${file.path} has the sha256 ${sha256}, expected ${file.sha256}`);
    }
  }
}

function differs(path: string, reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError(
    'ISO_DIFFERS',
    `reading the ISO image ${path} back gave something else than was written: ${reason}`,
    {
      kind: 'content',
      cause,
      suggestions: ['Run the same command again; if that does not help, name another disk with --output.'],
    },
  );
}
