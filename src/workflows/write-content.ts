import { basename, dirname } from 'node:path';

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
  const { path } = place;
  const target = await outputTarget(path);
  await removeStalePartials(target);
  const written = await writeFileAtomically(
    target,
    async (file) => await encryptContent(write, { file }, place),
    { beforeNamed: async () => await emptyChecksumFile(path) },
  );
  await writeChecksumFile(path, [{ path: basename(path), sha256: digestHex(written.sha256) }]);
  await removeOlderParts(path);
  return written;
}
