import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import type { BundledRawFile } from '../bundle/inventory.ts';
import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { clashingName, isRawFileName } from '../io/raw-file-name.ts';
import { runLimited } from '../io/run-limited.ts';
import type { BlobReader } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { verifiedContent } from '../oci/verified-content.ts';

/** A file of this machine that goes into a bundle as it is. */
export interface FileToBundle {
  /** As it was typed. */
  readonly path: string;
  /** What it is called in the bundle. */
  readonly name: string;
  /** What it has to be; undefined for whatever it is. */
  readonly digest?: Digest;
}

/** Files whose content is known. */
export interface BundleFiles {
  readonly files: readonly BundledRawFile[];
  /** Their content, read from where they are; the same reader for everything else. */
  readonly over: (blobs: BlobReader) => BlobReader;
}

/** Parts and limits of reading files. */
export interface ReadFilesOptions {
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
}

const filesAtOnce = 4;
/** Of what is read at once. */
const pieceSize = 1024 * 1024;

/**
 * The value of `--file`, see {@link parseNamedFile}.
 *
 * @throws PaletteEdgeError `FILE_NAME_INVALID` (kind usage)
 */
export function parseFileFlag(text: string): FileToBundle {
  return parseNamedFile(text, '--file');
}

/**
 * Reads `PATH[:NAME]`: without a name it is called as it is on this machine.
 *
 * @param flag for messages: `--file`
 * @throws PaletteEdgeError `FILE_NAME_INVALID` (kind usage)
 */
export function parseNamedFile(text: string, flag: string): FileToBundle {
  const colon = text.lastIndexOf(':');
  const path = colon === -1 ? text : text.slice(0, colon);
  const name = colon === -1 ? basename(path) : text.slice(colon + 1);
  const given = `${flag} ${JSON.stringify(text)}`;
  if (path === '') throw nameInvalid(flag, `${given} has no path`);
  if (!isRawFileName(name))
    throw nameInvalid(flag, `${given}: ${JSON.stringify(name)} cannot name a file there`);
  return { path, name };
}

/**
 * Reads every file once, for its digest. It stays where it is, and is read again when the bundle is written.
 *
 * @throws PaletteEdgeError `FILE_NAME_TAKEN` (kind usage) for names that are in each other's way; `FILE_CHANGED` (kind
 *   content) for a file that is not what it has to be; or why a file cannot be read
 */
export async function readBundleFiles(
  files: readonly FileToBundle[],
  options: ReadFilesOptions,
): Promise<BundleFiles> {
  const unique = [...new Map(files.map((file) => [`${file.name}\n${file.path}`, file])).values()];
  refuseClashingNames(unique.map(({ name }) => name));
  const limits = { concurrency: filesAtOnce, signal: options.signal };
  const read = await runLimited(unique, limits, async (file, signal) => {
    const identity = await hashFile(file, { ...options, signal });
    if (file.digest !== undefined && file.digest !== identity.digest) throw notPinned(file, identity.digest);
    return { ...identity, name: file.name, path: file.path };
  });
  const paths = new Map(read.map(({ digest, path }) => [digest, path]));
  return {
    files: read.map(({ name, digest, size }) => ({ name, digest, size })),
    over: (blobs) => overBlobs(blobs, paths),
  };
}

/** @throws PaletteEdgeError `FILE_NAME_TAKEN` (kind usage) for names that are in each other's way */
export function refuseClashingNames(names: readonly string[]): void {
  const clashing = clashingName(names);
  if (clashing !== undefined) throw nameTaken(clashing);
}

function overBlobs(blobs: BlobReader, paths: ReadonlyMap<Digest, string>): BlobReader {
  return {
    sizeOf: async (digest, signal) => await blobs.sizeOf(digest, signal),
    open: async (blob, options) => {
      const path = paths.get(blob.digest);
      if (path === undefined) return await blobs.open(blob, options);
      // Always as a whole: what was hashed may have changed since.
      return await Promise.resolve(unchangedContent(path, blob));
    },
  };
}

async function* unchangedContent(
  path: string,
  blob: BlobIdentity,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* verifiedContent(blob, contentOf(path), actionFor(path));
  } catch (error) {
    const isOther = error instanceof PaletteEdgeError && error.kind === 'content';
    throw isOther ? changed(path, error) : error;
  }
}

async function hashFile({ path }: FileToBundle, { hasher, signal }: ReadFilesOptions): Promise<BlobIdentity> {
  const hash = hasher.begin();
  let size = 0;
  for await (const bytes of contentOf(path)) {
    signal.throwIfAborted();
    size += bytes.length;
    await hash.update(bytes);
  }
  return { digest: toDigest(await hash.digest()), size };
}

async function* contentOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    await using file = await openRegular(path);
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(pieceSize), 0, pieceSize);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw wordDiskError(error, actionFor(path));
  }
}

/** Opening waits for nobody: at a pipe it would. */
async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const status = await file.stat();
  if (status.isFile()) return file;
  await file.close();
  const what = status.isDirectory() ? 'it is a folder' : 'it is not a regular file';
  throw new PaletteEdgeError('NOT_A_FILE', `${actionFor(path)} failed: ${what}`, {
    kind: 'usage',
    suggestions: ['Give each file with a --file of its own, or pack them into one archive.'],
  });
}

function actionFor(path: string): string {
  return `reading the file ${path}`;
}

function changed(path: string, cause: unknown): PaletteEdgeError {
  return new PaletteEdgeError('FILE_CHANGED', `${path} was changed while the bundle was built`, {
    kind: 'content',
    cause,
    suggestions: ['Run the same command again, once nobody writes to the file.'],
  });
}

function notPinned({ path, digest }: FileToBundle, received: Digest): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_CHANGED',
    `${path} is not what the definition has pinned: expected ${digest}, received ${received}`,
    {
      kind: 'content',
      suggestions: ['Bring the file back, or correct its digest in the definition.'],
    },
  );
}

function nameTaken(name: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NAME_TAKEN',
    `two files are to be called ${name}, or one is the folder of another; capital letters make no difference`,
    { kind: 'usage', suggestions: ['Give them other names: --file PATH:NAME'] },
  );
}

function nameInvalid(flag: string, message: string): PaletteEdgeError {
  return new PaletteEdgeError('FILE_NAME_INVALID', message, {
    kind: 'usage',
    suggestions: [
      `Expected ${flag} PATH:NAME, with a name of letters, digits, . _ @ + - and / between folders.`,
    ],
  });
}
