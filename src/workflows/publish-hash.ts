import { stat } from 'node:fs/promises';

import { parsePartName } from '../bundle/part-name.ts';
import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { readCappedFile } from '../io/read-capped-file.ts';
import { toDigest } from '../oci/digest.ts';
import { readStretch } from './publish-files.ts';
import type { FoundBundle, FoundFile } from './publish-files.ts';
import { fileMediaTypes } from './publish-manifest.ts';
import type { PublishedFile } from './publish-manifest.ts';

/** A piece of a file, as it is sent at once. */
export interface FilePiece {
  /** In bytes; the end is exclusive. */
  readonly start: number;
  readonly end: number;
  /** In hex. */
  readonly sha256: string;
}

/** A file whose bytes were read. */
export interface FileToPublish extends PublishedFile {
  readonly path: string;
  /** When it was changed last, in milliseconds, before it was read. */
  readonly modified: number;
  /** In order; together they are all of it. One for a place that takes files whole. */
  readonly pieces: readonly FilePiece[];
}

/** How files are hashed. */
export interface HashFilesOptions {
  readonly hasher: Hasher;
  /** In bytes: how large the pieces of a file are that has so many bytes. */
  readonly pieceSize: (size: number) => number;
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

const largestChecksums = 4 * 1024 * 1024;

/**
 * Reads all files of a bundle once, and compares them with what lies beside them.
 *
 * @throws PaletteEdgeError `BUNDLE_DAMAGED` (kind content) for one that is not what the list of parts, or the `.sha256`, says;
 *   `PARTS_INCOMPLETE` (kind content) when the `.sha256` names more parts
 */
export async function hashBundleFiles(
  { bundle, files }: FoundBundle,
  options: HashFilesOptions,
): Promise<readonly FileToPublish[]> {
  const expected = await checksumsOf(files);
  const first = files.find(({ mediaType }) => mediaType === fileMediaTypes.part);
  // Parts without their list: that the last ones are missing, only the checksums tell.
  const missing = [...expected.keys()].filter((name) => isPartBeside(name, first, files));
  if (missing.length > 0) throw incomplete(bundle, missing);
  const hashed: FileToPublish[] = [];
  for (const file of files) {
    const read = await hashFile(file, options);
    const sha256 = read.digest.slice('sha256:'.length);
    for (const [source, told] of [
      ['the list of parts', file.listed],
      ['the .sha256 beside it', expected.get(file.name)],
    ] as const) {
      if (told !== undefined && told !== sha256) throw damaged(file, { source, told, sha256 });
    }
    hashed.push(read);
  }
  return hashed;
}

/** Whether a name is that of a part like this one, and none of the files. */
function isPartBeside(name: string, like: FoundFile | undefined, files: readonly FoundFile[]): boolean {
  const [part, known] = [parsePartName(name), parsePartName(like?.name ?? '')];
  if (part === undefined || part.bundle !== known?.bundle || part.style !== known.style) return false;
  return files.every((file) => file.name !== name);
}

async function hashFile(
  { path, name, size, mediaType }: FoundFile,
  { hasher, pieceSize, onBytes, signal }: HashFilesOptions,
): Promise<FileToPublish> {
  const access = await openFileAccess(path, 'bundle');
  try {
    const { mtimeMs: modified } = await stat(path);
    const whole = hasher.begin();
    const pieces: FilePiece[] = [];
    const step = Math.max(1, pieceSize(size));
    for (let start = 0; start === 0 || start < size; start += step) {
      const end = Math.min(size, start + step);
      const piece = start === 0 && end === size ? undefined : hasher.begin();
      for await (const bytes of stretchOf(access, { start, end }, signal)) {
        // One after the other: the bytes may be moved to where they are hashed.
        await whole.update(bytes);
        await piece?.update(bytes);
        onBytes(bytes.length);
      }
      pieces.push({ start, end, sha256: (await piece?.digest()) ?? '' });
    }
    const sha256 = await whole.digest();
    return {
      path,
      name,
      size,
      mediaType,
      modified,
      digest: toDigest(sha256),
      pieces: withWhole(pieces, sha256),
    };
  } finally {
    await access.close();
  }
}

async function* stretchOf(
  access: RandomAccess,
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of readStretch(access, range)) {
    signal.throwIfAborted();
    yield bytes;
  }
}

/** The only piece of a file is all of it: it is not hashed twice. */
function withWhole(pieces: readonly FilePiece[], sha256: string): FilePiece[] {
  return pieces.map((piece) => (piece.sha256 === '' ? { ...piece, sha256 } : piece));
}

/** What the `.sha256` of the bundle says, by name: `sha256sum` wrote it, or we did. */
async function checksumsOf(files: readonly FoundFile[]): Promise<ReadonlyMap<string, string>> {
  const file = files.find(({ mediaType }) => mediaType === fileMediaTypes.checksum);
  if (file === undefined) return new Map();
  const text = Buffer.from(await readCappedFile(file.path, largestChecksums)).toString('utf8');
  const lines = text.matchAll(/^([0-9a-f]{64}) [ *](?:\.\/)?(.+?)\r?$/gm);
  return new Map(Array.from(lines, ([, sha256 = '', name = '']) => [name, sha256]));
}

function incomplete(bundle: string, missing: readonly string[]): PaletteEdgeError {
  const told = missing.slice(0, 10).join(', ');
  return new PaletteEdgeError(
    'PARTS_INCOMPLETE',
    `the parts of ${bundle} are not all there: its .sha256 names ${told} as well`,
    {
      kind: 'content',
      suggestions: ['Copy these parts again from where they were made, all into one folder.'],
    },
  );
}

function damaged(
  { path }: FoundFile,
  { source, told, sha256 }: { readonly source: string; readonly told: string; readonly sha256: string },
): PaletteEdgeError {
  return new PaletteEdgeError('BUNDLE_DAMAGED', `${path} has the sha256 ${sha256}; ${source} says ${told}`, {
    kind: 'content',
    suggestions: ['Copy the file again from where it was made.'],
  });
}
