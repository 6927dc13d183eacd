import { basename, dirname } from 'node:path';

import { writeBundle } from '../bundle/write-bundle.ts';
import { wordDiskError } from '../errors.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import { digestHex } from '../oci/digest.ts';
import { outputTarget } from './check-output.ts';
import { emptyChecksumFile, writeChecksumFile } from './checksum-file.ts';
import { encryptContent } from './encrypt-content.ts';
import type { WrittenContent } from './encrypt-content.ts';
import { removeOlderParts } from './known-parts.ts';
import type { SplitRequest } from './split-request.ts';
import { writeParts } from './write-parts.ts';
import type { WritePartsOptions, WrittenParts } from './write-parts.ts';

/** What is written, where, and how. */
export interface WriteOutputOptions extends Omit<WritePartsOptions, 'split'> {
  /** Undefined writes one file. */
  readonly split?: SplitRequest;
}

/** What was written; in parts, when that was asked for. */
export type WrittenOutput = WrittenContent | WrittenParts;

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
): Promise<WrittenContent> {
  const target = await outputTarget(path);
  await removeStalePartials(target);
  const written = await writeFileAtomically(
    target,
    async (file) => await encryptContent(async (sink) => await writeBundle(options, sink), { file }, options),
    { beforeNamed: async () => await emptyChecksumFile(path) },
  );
  await writeChecksumFile(path, [{ path: basename(path), sha256: digestHex(written.sha256) }]);
  await removeOlderParts(path);
  return written;
}
