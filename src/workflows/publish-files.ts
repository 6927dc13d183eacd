import { basename, dirname, join } from 'node:path';

import { findParts } from '../bundle/find-parts.ts';
import type { FoundParts } from '../bundle/find-parts.ts';
import { PaletteEdgeError } from '../errors.ts';
import { diskFolder } from '../io/folder-access.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { nameInside } from './carry-signatures.ts';
import { checksumFile } from './checksum-file.ts';
import { signatureFile } from './find-signatures.ts';
import { fileMediaTypes } from './publish-manifest.ts';

/** A file of this machine that is going to be published. */
export interface FoundFile {
  readonly path: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly mediaType: string;
  /** In hex: what the list of parts says of it; undefined for what no list names. */
  readonly listed: string | undefined;
}

/** The files of a bundle. */
export interface FoundBundle {
  /** Its file name; of parts, what they are joined to. */
  readonly bundle: string;
  /** Content first, in order. */
  readonly files: readonly FoundFile[];
}

/** Of Zstandard (RFC 8878, 3.1.1) and of age (c2sp.org/age). */
const beginnings = [
  { bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), mediaType: fileMediaTypes.bundle },
  { bytes: Buffer.from('age-encryption.org/v1\n'), mediaType: fileMediaTypes.encrypted },
];

/**
 * Finds what belongs to a bundle: its file, or its parts and their list; and the checksums and signatures beside it.
 *
 * @param path of the bundle, of its parts list or of any part
 * @throws PaletteEdgeError `NOT_A_BUNDLE` (kind content) for something else, as `findParts` does, or why a file cannot be looked at
 */
export async function findBundleFiles(path: string): Promise<FoundBundle> {
  const folder = dirname(path);
  const found = await findParts(diskFolder(folder), basename(path));
  const bundle = found?.bundle ?? basename(path);
  const content = found === undefined ? [await lookAt(path, true)] : await partFiles(folder, found);
  const list = found?.listName;
  const whole = join(folder, bundle);
  return {
    bundle,
    files: [
      ...content,
      ...(list === undefined ? [] : await beside(join(folder, list), fileMediaTypes.partsList)),
      ...(await beside(checksumFile(whole), fileMediaTypes.checksum)),
      // Beside an encrypted one it lies under the name of what is inside.
      ...(await beside(signatureFile(nameInside(whole)), fileMediaTypes.signature)),
    ],
  };
}

async function partFiles(folder: string, { parts, list }: FoundParts): Promise<FoundFile[]> {
  const listed = new Map(list?.parts.map(({ name, sha256 }) => [name, sha256]));
  const files: FoundFile[] = [];
  for (const { name } of parts) {
    const file = await lookAt(join(folder, name), files.length === 0);
    files.push({ ...file, mediaType: fileMediaTypes.part, listed: listed.get(name) });
  }
  return files;
}

/** What a file is like, in bytes and by its first ones. Of parts only the first one begins a bundle. */
async function lookAt(path: string, isFirst: boolean): Promise<FoundFile> {
  const access = await openFileAccess(path, 'bundle');
  try {
    const head = await access.read(0, Math.min(access.size, 32));
    const mediaType = beginnings.find(({ bytes }) => bytes.equals(head.subarray(0, bytes.length)))?.mediaType;
    if (mediaType === undefined && isFirst) throw notABundle(path);
    return {
      path,
      name: basename(path),
      size: access.size,
      mediaType: mediaType ?? fileMediaTypes.part,
      listed: undefined,
    };
  } finally {
    await access.close();
  }
}

async function beside(path: string, mediaType: string): Promise<FoundFile[]> {
  const name = basename(path);
  const status = await diskFolder(dirname(path)).status(name);
  // One that was emptied says nothing: see emptyChecksumFile.
  if (status?.isFile !== true || status.size === 0) return [];
  return [{ path, name, size: status.size, mediaType, listed: undefined }];
}

/** Reads a stretch of an open file, in pieces. */
export async function* readStretch(
  access: Pick<RandomAccess, 'read'>,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; at += pieceSize) yield await access.read(at, Math.min(pieceSize, end - at));
}

const pieceSize = 1024 * 1024;

function notABundle(path: string): PaletteEdgeError {
  return new PaletteEdgeError('NOT_A_BUNDLE', `${path} is no bundle: it begins with other bytes`, {
    kind: 'content',
    suggestions: ['Name a .tar.zst that build wrote, its parts list, or what encrypt made of one.'],
  });
}
