import type { FileHandle } from 'node:fs/promises';

import type { BundleSink, WrittenBundle } from '../bundle/sink-output.ts';
import { writeBundle } from '../bundle/write-bundle.ts';
import type { WriteBundleOptions } from '../bundle/write-bundle.ts';
import { readWrittenFrames } from '../bundle/written-frames.ts';
import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { LastingParts } from './part-files.ts';
import { writePartsResumably, writeResumably } from './resumable-file.ts';
import { writePartFiles } from './write-parts.ts';
import type { WritePartsOptions, WrittenParts } from './write-parts.ts';

/** Told of what an earlier run left of a file; must not throw. */
export interface ResumeListener {
  /** So many bytes are looked at before anything is written. */
  readonly onCheck: (total: number) => void;
  readonly onCheckedBytes: (count: number) => void;
  /** So many bytes of the tar need not be written again: 0 when nothing was left, or of no use. */
  readonly onKept: (count: number) => void;
}

/** What is written, and what must be done before it gets its name. */
export interface ResumeOptions extends WriteBundleOptions {
  readonly resume: ResumeListener;
  readonly beforeNamed: () => Promise<void>;
}

/** What is written in parts, and who is told. */
export type ResumePartsOptions = WritePartsOptions & Pick<ResumeOptions, 'resume'>;

/**
 * Writes a bundle without long frames into one file, behind what an earlier run left of it. What is written stays for the next run when
 * this one is stopped, or a disk fails; not when the content is wrong, or there is no space.
 *
 * @throws what reading the blobs and writing the file throws
 */
export async function resumeOutput(target: string, options: ResumeOptions): Promise<WrittenBundle> {
  const { resume, beforeNamed } = options;
  const isKept = keptAfter(options);
  const write = async (file: FileHandle, size: number): Promise<WrittenBundle> => {
    const written = size === 0 ? undefined : await check(accessTo(file, size), options);
    await file.truncate(written?.size ?? 0);
    resume.onKept(written === undefined ? 0 : written.tarSize + written.begun.length);
    return await writeBundle({ ...options, written }, { file });
  };
  return await writeResumably(target, write, { isKept, beforeNamed });
}

/** As {@link resumeOutput}, in parts: those that an earlier run left must have the same size. */
export async function resumeParts(options: ResumePartsOptions): Promise<WrittenParts> {
  const { path, split, plan, resume } = options;
  const write = async (folder: string): Promise<WrittenParts> => {
    const { parts, size } = await LastingParts.in(folder, split.partSize);
    await using left = parts.access(size);
    const written = size === 0 ? undefined : await check(left, options);
    await parts.truncate(written?.size ?? 0);
    resume.onKept(written === undefined ? 0 : written.tarSize + written.begun.length);
    const content = {
      id: plan.id,
      tool: plan.inventory.tool,
      write: async (sink: BundleSink) => await writeBundle({ ...options, written }, sink),
    };
    return await writePartFiles(content, options, parts);
  };
  return await writePartsResumably(path, write, keptAfter(options));
}

function keptAfter({ signal }: Pick<ResumeOptions, 'signal'>): (error: unknown) => boolean {
  return (error) => signal.aborted || isOtherDiskFailure(error);
}

async function check(
  file: Pick<RandomAccess, 'size' | 'read'>,
  { resume, ...options }: Omit<ResumeOptions, 'beforeNamed'>,
): ReturnType<typeof readWrittenFrames> {
  resume.onCheck(file.size);
  return await readWrittenFrames(file, { ...options, onBytes: resume.onCheckedBytes });
}

function isOtherDiskFailure(error: unknown): boolean {
  const worded = wordDiskError(error, 'writing');
  return worded instanceof PaletteEdgeError && worded.kind === 'disk' && worded.code !== 'DISK_FULL';
}

function accessTo(file: FileHandle, size: number): Pick<RandomAccess, 'size' | 'read'> {
  return {
    size,
    read: async (position, length) => {
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let filled = 0; filled < length;) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
        if (bytesRead === 0) throw new Error('a file of our own has become shorter');
        filled += bytesRead;
      }
      return bytes;
    },
  };
}
