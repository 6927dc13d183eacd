import { createHash } from 'node:crypto';
import { realpath, rmdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { makeFolder } from '../io/make-folder.ts';
import { openFileAccess } from '../io/random-access.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { bootDifferences } from '../iso/boot-differences.ts';
import { bootProblems } from '../iso/boot-problems.ts';
import { readBootStructure } from '../iso/boot-structure.ts';
import type { BootStructure } from '../iso/boot-structure.ts';
import { bootWays } from '../iso/boot-ways.ts';
import type { BootWay } from '../iso/boot-ways.ts';
import { checkInstallerContent } from '../iso/installer-content.ts';
import { checkInstallerInput } from '../iso/installer-input.ts';
import { writeInstaller } from '../iso/installer-writer.ts';
import { largestIsoSize } from '../iso/iso-entry.ts';
import { openIsoImage } from '../iso/iso-image.ts';
import type { IsoImage } from '../iso/iso-image.ts';
import { checkXorriso } from '../iso/xorriso.ts';
import type { Warning } from '../warning.ts';
import { checkInstallerOutput, requireSpace } from './check-installer-output.ts';
import { outputTarget } from './check-output.ts';
import { readInstallerFiles } from './installer-files.ts';
import type { InstallerFiles, InstallerFilesRequest } from './installer-files.ts';
import { planEmbedding } from './plan-embedding.ts';
import type { EmbeddingOptions, EmbeddingPlan } from './plan-embedding.ts';

/** What is put into which installer. */
export interface EmbedInput extends InstallerFilesRequest, EmbeddingOptions {
  readonly installer: string;
  readonly output: string;
}

/** Told of the steps, each with its length in bytes. */
export interface EmbedListener {
  readonly onStep: (step: 'writing' | 'comparing' | 'hashing', total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** What embedding uses. */
export interface EmbedResources {
  /** Path of the program; undefined when the PATH has none. */
  readonly xorriso: string | undefined;
  readonly listener: EmbedListener;
}

/** A new installer. */
export interface EmbedResult {
  readonly path: string;
  readonly size: number;
  /** In hex, as in the `.sha256` file beside it. */
  readonly sha256: string;
  readonly label: string;
  /** How it starts, as far as its structure tells. */
  readonly boots: readonly BootWay[];
  /** What was put in. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** What was there and is not any more. */
  readonly replaced: readonly string[];
  /** Content that was there and stays. */
  readonly otherContent: readonly string[];
  readonly warnings: readonly Warning[];
}

interface OpenInstaller {
  readonly path: string;
  readonly image: IsoImage;
  readonly structure: BootStructure;
}

/**
 * Writes a copy of a bootable installer with more files in it, and checks the copy: its boot structure by itself and against the
 * original, and every byte of every file. The installer is only read.
 *
 * @throws PaletteEdgeError `INSTALLER_UNSUPPORTED` for an image whose boot structure cannot be carried, `INSTALLER_NOT_BOOTABLE` for a
 *   copy that is not what it must be: it is removed; and those of the files and of xorriso
 */
export async function embedInstaller(
  input: EmbedInput,
  resources: EmbedResources,
  signal: AbortSignal,
): Promise<EmbedResult> {
  const supplied = await readInstallerFiles(input);
  await checkXorriso({ xorriso: resources.xorriso, signal });
  const before = await openInstaller(input.installer);
  try {
    const run = { xorriso: resources.xorriso, signal };
    const dropsApple = await checkInstallerInput(before.path, before.structure, run);
    const plan = planEmbedding(
      before.image.files.map(({ path }) => path),
      supplied,
      input,
    );
    const target = await checkInstallerOutput(input.output, [before.path, ...sourcesOf(supplied)]);
    await requireSpace(target, before.image.size + largestIsoSize(plan.added));
    const mode = supplied.userData === undefined ? 0o666 : secretMode;
    const written = await write({ before, plan, output: input.output, target, mode }, resources, signal);
    return {
      ...written,
      path: input.output,
      label: before.structure.volume.label,
      files: plan.added.map(({ path, size }) => ({ path, size })),
      replaced: plan.removed,
      otherContent: plan.otherContent,
      warnings: [...supplied.warnings, ...(dropsApple ? [appleWarning] : [])],
    };
  } finally {
    await before.image.close();
  }
}

/** Tokens and passwords may be in user data. */
const secretMode = 0o600;

const appleWarning: Warning = {
  code: 'APPLE_BOOT_DROPPED',
  message:
    'The Apple partition map and the HFS+ view of the installer are left out: Macs from before UEFI do not start it; BIOS and UEFI do',
};

function sourcesOf({ content, userData, clusterDefinition, edgeConfig }: InstallerFiles): string[] {
  return [...content.flatMap(({ sources }) => sources), userData, clusterDefinition, edgeConfig].flatMap(
    (source) => (source === undefined ? [] : [source.path]),
  );
}

async function openInstaller(path: string): Promise<OpenInstaller> {
  const access = await openFileAccess(path, 'installer');
  const image = await openIsoImage(access, path);
  try {
    const structure = await readBootStructure(access);
    if (structure === undefined) throw new TypeError('an image that was opened has a volume descriptor');
    return { path: await realpath(path), image, structure };
  } catch (error) {
    await image.close();
    throw error;
  }
}

interface Writing {
  readonly before: OpenInstaller;
  readonly plan: EmbeddingPlan;
  readonly output: string;
  /** What the output stands for: symbolic links stay. */
  readonly target: string;
  /** Permissions of the output. */
  readonly mode: number;
}

async function write(
  writing: Writing,
  resources: EmbedResources,
  signal: AbortSignal,
): Promise<Pick<EmbedResult, 'size' | 'sha256' | 'boots'>> {
  const { output, target } = writing;
  let madeFolder: string | undefined;
  try {
    madeFolder = await makeFolder(dirname(target));
    await removeStalePartials(target);
    const written = await writeFileAtomically(
      target,
      async (_, beside) => {
        await writeBeside(writing, beside, { resources, signal });
        return await checkWritten(writing, beside, { resources, signal });
      },
      writing.mode,
    );
    await writeFileAtomically(
      await outputTarget(`${output}.sha256`),
      async (file) => await file.writeFile(`${written.sha256}  ${basename(output)}\n`),
    );
    return written;
  } catch (error) {
    // A folder that was made for this file only; one that holds something stays.
    if (madeFolder !== undefined) await rmdir(dirname(target)).catch(() => undefined);
    throw wordDiskError(error, `writing the installer to ${output}`);
  }
}

interface Step {
  readonly resources: EmbedResources;
  readonly signal: AbortSignal;
}

async function writeBeside(
  { before, plan }: Writing,
  beside: string,
  { resources: { xorriso, listener }, signal }: Step,
): Promise<void> {
  listener.onStep('writing', before.image.size + sizeOf(plan));
  await writeInstaller({
    from: before.path,
    to: resolve(beside),
    structure: before.structure,
    files: before.image.files.map(({ path }) => path),
    removed: plan.removed,
    added: plan.added,
    xorriso,
    signal,
    onBytes: listener.onBytes,
  });
}

function sizeOf({ added }: EmbeddingPlan): number {
  return added.reduce((sum, { size }) => sum + size, 0);
}

async function checkWritten(
  { before, plan }: Writing,
  beside: string,
  { resources: { listener }, signal }: Step,
): Promise<Pick<EmbedResult, 'size' | 'sha256' | 'boots'>> {
  const access = await openFileAccess(beside, 'installer');
  const after = await openIsoImage(access, beside);
  try {
    const structure = await readBootStructure(access);
    if (structure === undefined) throw new TypeError('an image that was opened has a volume descriptor');
    requireBootable(before.structure, structure);
    const { onBytes } = listener;
    listener.onStep(
      'comparing',
      after.files.reduce((sum, { size }) => sum + size, 0),
    );
    await checkInstallerContent({
      before: before.image,
      structure: before.structure,
      after,
      removed: plan.removed,
      added: plan.added,
      signal,
      onBytes,
    });
    listener.onStep('hashing', after.size);
    return { size: after.size, sha256: await hashOf(access, onBytes, signal), boots: bootWays(structure) };
  } finally {
    await after.close();
  }
}

function requireBootable(before: BootStructure, after: BootStructure): void {
  const problems = [...bootProblems(after), ...bootDifferences(before, after)];
  if (problems.length === 0) return;
  throw new PaletteEdgeError(
    'INSTALLER_NOT_BOOTABLE',
    `the new installer would not start everywhere where the old one does: ${problems.join('; ')}`,
    {
      kind: 'failure',
      suggestions: [
        'Nothing was written. Build the installer with the content in it: palette-edge installer tree makes the folder for CanvOS.',
      ],
      details: { problems },
    },
  );
}

const hashPieceSize = 4 * 1024 * 1024;

async function hashOf(
  access: RandomAccess,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (let position = 0; position < access.size; position += hashPieceSize) {
    signal.throwIfAborted();
    const piece = await access.read(position, Math.min(hashPieceSize, access.size - position));
    hash.update(piece);
    onBytes(piece.length);
  }
  return hash.digest('hex');
}
