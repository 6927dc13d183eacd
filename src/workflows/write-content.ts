import { basename, dirname } from 'node:path';

import { wordDiskError } from '../errors.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import { digestHex } from '../oci/digest.ts';
import { outputTarget } from './check-output.ts';
import { emptyChecksumFile, writeChecksumFile } from './checksum-file.ts';
import { encryptContent } from './encrypt-content.ts';
import type { EncryptionOptions, WrittenContent } from './encrypt-content.ts';
import { removeOlderParts } from './known-parts.ts';
import type { SplitRequest } from './split-request.ts';
import type { WrittenOutput } from './write-output.ts';
import { writeContentInParts } from './write-parts.ts';
import type { OutputContent, PartsPlace } from './write-parts.ts';

/** Where content goes, and how. */
export interface ContentPlace extends Omit<PartsPlace, 'split'> {
  /** Undefined writes one file. */
  readonly split?: SplitRequest | undefined;
}

/**
 * Writes bytes of a bundle that are not made from a plan, as `writeOutput` does: beside the name, renamed when complete, with a
 * `<path>.sha256` next to it.
 *
 * @throws PaletteEdgeError kind disk that names the file, or what the content throws
 */
export async function writeContent(content: OutputContent, place: ContentPlace): Promise<WrittenOutput> {
  const { path, split } = place;
  const write = async (): Promise<WrittenOutput> =>
    split === undefined
      ? await writeInOne(content, place)
      : await writeContentInParts(content, { ...place, split });
  try {
    return await withMadeFolder(dirname(path), write);
  } catch (error) {
    throw wordDiskError(error, `writing the bundle to ${path}`);
  }
}

async function writeInOne({ write }: OutputContent, place: ContentPlace): Promise<WrittenContent> {
  return await writeOneFile(place.path, async (naming) => await writeAnew(write, place, naming));
}

/** A file that is going to get its name. */
export interface FileNaming {
  /** What is written: a symbolic link leads there. */
  readonly target: string;
  /** To be called when the file is complete, right before it gets its name. */
  readonly beforeNamed: () => Promise<void>;
}

/** Writes a bundle in one file, its checksum beside it, and removes what is left of an older one in parts. */
export async function writeOneFile(
  path: string,
  write: (naming: FileNaming) => Promise<WrittenContent>,
): Promise<WrittenContent> {
  const target = await outputTarget(path);
  const written = await write({ target, beforeNamed: async () => await emptyChecksumFile(path) });
  await writeChecksumFile(path, [{ path: basename(path), sha256: digestHex(written.sha256) }]);
  await removeOlderParts(path);
  return written;
}

/**
 * Writes a file from its beginning; what an earlier run left of it is of no use.
 *
 * @param write puts the content into a sink
 */
export async function writeAnew(
  write: OutputContent['write'],
  options: EncryptionOptions,
  { target, beforeNamed }: FileNaming,
): Promise<WrittenContent> {
  await removeStalePartials(target, undefined, { looksInside: true });
  return await writeFileAtomically(target, async (file) => await encryptContent(write, { file }, options), {
    beforeNamed,
  });
}
