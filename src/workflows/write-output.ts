import { dirname } from 'node:path';

import type { BundleSink, WrittenBundle } from '../bundle/sink-output.ts';
import { writeBundle } from '../bundle/write-bundle.ts';
import { wordDiskError } from '../errors.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import type { Signature } from '../trust/signature-file.ts';
import type { WrittenContent } from './encrypt-content.ts';
import { resumeOutput, resumeParts } from './resume-output.ts';
import type { ResumeListener } from './resume-output.ts';
import { replaceSignatures, signaturesFor } from './signature-beside.ts';
import type { SplitRequest } from './split-request.ts';
import { writeAnew, writeOneFile } from './write-content.ts';
import { writeParts } from './write-parts.ts';
import type { WritePartsOptions, WrittenParts } from './write-parts.ts';

/** What is written, where, and how. */
export interface WriteOutputOptions extends Omit<WritePartsOptions, 'split'> {
  /** Undefined writes one file. */
  readonly split?: SplitRequest | undefined;
  /**
   * Of a bundle without long frames: goes on with what an earlier run left of the file, or of its parts. What is encrypted is begun anew each
   * time, as the key of a file is kept nowhere, and so is everything when this is undefined.
   */
  readonly resume?: ResumeListener | undefined;
  /** Signatures of its plain inventory that go into the file beside it; none when undefined. */
  readonly signatures?: readonly Signature[] | undefined;
}

/** What was written; in parts, when that was asked for. */
export type WrittenOutput = WrittenContent | WrittenParts;

/**
 * Writes the bundle beside its name, renames it when complete, and puts `<path>.sha256` next to it, in the form that
 * `sha256sum -c` reads. Symbolic links stay: their targets are written. Parts of an older bundle of that name are removed, and its signatures unless it
 * has the same inventory. As parts: see {@link writeParts}.
 *
 * @throws PaletteEdgeError kind disk that names the file, or what reading the blobs throws
 */
export async function writeOutput(options: WriteOutputOptions): Promise<WrittenOutput> {
  const { path, split, signatures = [], ...rest } = options;
  const { encryption, resume } = rest;
  const isResumed = resume !== undefined && encryption === undefined;
  if (!isResumed) resume?.onKept(0);
  const action = `writing the bundle to ${path}`;
  const write = async (): Promise<WrittenOutput> =>
    split === undefined
      ? await writeWhole(rest, path)
      : isResumed
        ? await resumeParts({ ...rest, path, split, resume })
        : await writeParts({ ...rest, path, split });
  try {
    const beside = await signaturesFor(path, rest.plan, signatures);
    const written = await withMadeFolder(dirname(path), write);
    await replaceSignatures(path, beside);
    return written;
  } catch (error) {
    throw wordDiskError(error, action);
  }
}

async function writeWhole(
  options: Omit<WriteOutputOptions, 'path' | 'split'>,
  path: string,
): Promise<WrittenContent> {
  const { resume, encryption } = options;
  const write = async (sink: BundleSink): Promise<WrittenBundle> => await writeBundle(options, sink);
  return await writeOneFile(path, async (naming) =>
    resume === undefined || encryption !== undefined
      ? await writeAnew(write, options, naming)
      : await resumeOutput(naming.target, { ...options, resume, beforeNamed: naming.beforeNamed }),
  );
}
