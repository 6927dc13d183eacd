import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { WrittenBundle } from '../bundle/frame-output.ts';
import { writeBundle } from '../bundle/write-bundle.ts';
import { wordDiskError } from '../errors.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import { digestHex } from '../oci/digest.ts';
import { outputTarget } from './check-output.ts';
import { emptyChecksumFile, writeChecksumFile } from './checksum-file.ts';
import { knownParts, removeKnownParts } from './known-parts.ts';
import type { SplitRequest } from './split-request.ts';
import { writeParts } from './write-parts.ts';
import type { WritePartsOptions, WrittenParts } from './write-parts.ts';

/** What is written, where, and how. */
export interface WriteOutputOptions extends Omit<WritePartsOptions, 'split'> {
  /** Undefined writes one file. */
  readonly split?: SplitRequest;
}

/** What was written; in parts, when that was asked for. */
export type WrittenOutput = WrittenBundle | WrittenParts;

/**
 * Writes the bundle beside its name, renames it when complete, and puts `<path>.sha256` next to it, in the form that
 * `sha256sum -c` reads. Symbolic links stay: their targets are written. Parts of an older bundle of that name are removed. As parts: see
 * {@link writeParts}.
 *
 * @throws PaletteEdgeError kind disk that names the file, or what reading the blobs throws
 */
export async function writeOutput(options: WriteOutputOptions): Promise<WrittenOutput> {
  const { path, split, ...rest } = options;
  const action = `writing the bundle to ${path}`;
  const write = async (): Promise<WrittenOutput> =>
    split === undefined ? await writeWhole(rest, path) : await writeParts({ ...rest, path, split });
  try {
    return await withMadeFolder(dirname(path), write);
  } catch (error) {
    throw wordDiskError(error, action);
  }
}

async function writeWhole(
  options: Omit<WriteOutputOptions, 'path' | 'split'>,
  path: string,
): Promise<WrittenBundle> {
  const target = await outputTarget(path);
  await removeStalePartials(target);
  const written = await writeFileAtomically(target, async (file) => await writeBundle(options, { file }), {
    beforeNamed: async () => await emptyChecksumFile(path),
  });
  await writeChecksumFile(path, [{ path: basename(path), sha256: digestHex(written.sha256) }]);
  await removeOlderParts(path);
  return written;
}

/** Parts of an earlier build to the same path: one name stands for one bundle. Their lists go last, as they say which parts are ours. */
async function removeOlderParts(path: string): Promise<void> {
  const known = await knownParts(path);
  await removeKnownParts(path, known, new Set());
  for (const name of [known.list, ...known.unfinishedLists]) {
    if (name !== undefined) await rm(join(dirname(path), name), { force: true });
  }
}
