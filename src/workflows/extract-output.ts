import { lstat, readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { ArchiveBlob } from '../bundle/archive-writer.ts';
import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { countedBytes } from '../io/counted-bytes.ts';
import { isPartialInside, removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { writeFolderAtomically } from '../io/atomic-folder.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import { writeAll } from '../io/write-all.ts';
import { notAFile } from './check-output.ts';

/** Where extracted bytes go in one stream. Takes one write at a time, and is done with the bytes when it resolves. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

/** A file to make, or standard output. */
export type StreamOutput = { readonly path: string } | { readonly sink: ByteSink };

/** Told of the progress of an extraction; must not throw. */
export interface ExtractListener {
  /** Bytes of the blobs. */
  readonly onStart: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** Tells of every piece of the blobs that was dealt with. */
export async function* countedBlobs<Blob extends ArchiveBlob>(
  blobs: AsyncIterable<Blob>,
  onBytes: (count: number) => void,
): AsyncGenerator<Blob, void, undefined> {
  for await (const each of blobs) yield { ...each, content: countedBytes(each.content, onBytes) };
}

/**
 * Writes content into a file that is not there yet: beside its name, and renamed when complete. Or to a stream, which got everything
 * that was verified until an error came.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), one of kind disk that names the file, or what reading the content throws
 */
export async function extractStream(output: StreamOutput, content: AsyncIterable<Uint8Array>): Promise<void> {
  if ('sink' in output) {
    for await (const bytes of content) await output.sink.write(bytes);
    return;
  }
  const { path } = output;
  await requireFreeFile(path);
  const write = async (): Promise<void> => {
    await removeStalePartials(path);
    await writeFileAtomically(path, async (file) => {
      for await (const bytes of content) await writeAll(file, bytes);
    });
  };
  try {
    await withMadeFolder(dirname(path), write);
  } catch (error) {
    throw wordDiskError(error, `writing to ${path}`);
  }
}

/**
 * Makes a folder whose content appears when it is complete, see {@link writeFolderAtomically}.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage) for what is there and is no empty folder, one of kind disk, or what `write` throws
 */
export async function extractFolder(path: string, write: (folder: string) => Promise<void>): Promise<void> {
  await requireFreeFolder(path);
  try {
    await withMadeFolder(dirname(resolve(path)), async () => {
      // A layout without it is none: tools say so.
      await writeFolderAtomically(path, 'oci-layout', async (folder) => {
        await write(folder);
        // Somebody else may have extracted meanwhile.
        await requireFreeFolder(path);
      });
    });
  } catch (error) {
    throw wordDiskError(error, `writing to ${path}`);
  }
}

/** @throws PaletteEdgeError `OUTPUT_TAKEN` or `NOT_A_FILE` (kind usage): nothing that is there is replaced */
export async function requireFreeFile(path: string): Promise<void> {
  if (path.endsWith('/')) throw notAFile(`writing to ${path}`, 'it is a folder, not a file');
  if (await isThere(path)) throw taken(path, 'something is there already');
}

/** @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage); an empty folder is taken, and one that holds no more than what a killed run left */
export async function requireFreeFolder(path: string): Promise<void> {
  if (!(await isThere(path.replace(/(?<=.)\/+$/, '')))) return;
  let names: readonly string[];
  try {
    names = await readdir(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOTDIR') throw taken(path, 'it is there already and is no folder');
    if (code === 'ENOENT') throw taken(path, 'it is a symbolic link to a folder that does not exist');
    throw wordDiskError(error, `writing to ${path}`);
  }
  if (!names.every(isPartialInside)) throw taken(path, 'the folder is there already and is not empty');
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw wordDiskError(error, `writing to ${path}`);
  }
}

function taken(path: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('OUTPUT_TAKEN', `writing to ${path} failed: ${reason}`, {
    kind: 'usage',
    suggestions: ['Remove it, or name another place: what is there is never replaced.'],
  });
}
