import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { hashHere } from '../io/hash-thread.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { openFileAccess } from '../io/random-access.ts';
import { totalSize } from '../io/total-size.ts';
import { bootDifferences } from '../iso/boot-differences.ts';
import { bootProblems } from '../iso/boot-problems.ts';
import { readBootStructure } from '../iso/boot-structure.ts';
import type { BootStructure } from '../iso/boot-structure.ts';
import { bootWays } from '../iso/boot-ways.ts';
import type { BootWay } from '../iso/boot-ways.ts';
import { checkInstallerContent } from '../iso/installer-content.ts';
import { checkInstallerInput } from '../iso/installer-input.ts';
import type { InstallerInput } from '../iso/installer-input.ts';
import { installerPaths } from '../iso/installer-layout.ts';
import { writeInstaller } from '../iso/installer-writer.ts';
import { largestIsoSize } from '../iso/iso-entry.ts';
import { openIsoImage } from '../iso/iso-image.ts';
import type { IsoImage } from '../iso/iso-image.ts';
import { checkXorriso } from '../iso/xorriso.ts';
import type { Warning } from '../warning.ts';
import { checkInstallerBundles } from './check-installer-bundles.ts';
import { checkInstallerOutput } from './check-installer-output.ts';
import { checksumFile, writeChecksumFile } from './checksum-file.ts';
import { hashAccess } from './hash-iso-content.ts';
import { filesOf, readInstallerFiles, requireFilesUnchanged } from './installer-files.ts';
import type { InstallerFiles, InstallerFilesRequest } from './installer-files.ts';
import { planEmbedding } from './plan-embedding.ts';
import type { EmbeddingOptions, EmbeddingPlan } from './plan-embedding.ts';
import { requireFreeSpace } from './require-free-space.ts';
import { writeIsoFile } from './write-iso-file.ts';
import type { IsoPlaces } from './write-iso-file.ts';

/** What is put into which installer. */
export interface EmbedInput extends InstallerFilesRequest, EmbeddingOptions {
  readonly installer: string;
  readonly output: string;
}

/** Told of the steps, each with its length in bytes. */
export interface EmbedListener {
  readonly onStep: (step: 'verifying' | 'writing' | 'comparing' | 'hashing', total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** What embedding uses. */
export interface EmbedResources {
  /** Path of the program; undefined when the PATH has none. */
  readonly xorriso: string | undefined;
  /** Hashes in this thread when undefined. */
  readonly hasher?: Hasher;
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

interface OpenInstaller extends InstallerInput {
  readonly image: IsoImage;
  /** Permissions. */
  readonly mode: number;
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
    const dropsApple = await checkInstallerInput(before, run);
    const plan = planEmbedding(
      before.image.files.map(({ path }) => path),
      supplied,
      input,
    );
    const { output } = input;
    const target = await checkInstallerOutput(output, [
      before.path,
      ...filesOf(supplied).map(({ path }) => path),
    ]);
    const bytes = before.image.size + largestIsoSize(plan.added);
    await requireFreeSpace({ path: target, what: 'the installer', bytes, flag: '--out' });
    await checkContent(supplied, resources, signal);
    const writing = { before, supplied, plan, output, mode: modeFor(before, plan) };
    const written = await write(writing, resources, signal);
    return {
      ...written,
      path: output,
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

/** A damaged bundle is told before an hour is spent on it. */
async function checkContent(
  supplied: InstallerFiles,
  { hasher, listener }: EmbedResources,
  signal: AbortSignal,
): Promise<void> {
  const onStart = (size: number): void => listener.onStep('verifying', size);
  await checkInstallerBundles(supplied, { hasher, signal, onStart, onBytes: listener.onBytes });
}

/** Tokens and passwords may be in configuration. */
const secretPaths: ReadonlySet<string> = new Set([
  ...installerPaths.userData,
  installerPaths.edgeConfig,
  installerPaths.clusterDefinition,
]);

/** Whoever may not read the installer, or what somebody put into it, may not read the copy. */
function modeFor({ image, mode }: OpenInstaller, { added }: EmbeddingPlan): number {
  const isSecret = [...image.files, ...added].some(({ path }) => secretPaths.has(path));
  return isSecret ? 0o600 : (mode & 0o066) | 0o600;
}

const appleWarning: Warning = {
  code: 'APPLE_BOOT_DROPPED',
  message:
    'The Apple partition map and the HFS+ view of the installer are left out: Macs from before UEFI do not start it; BIOS and UEFI do',
};

async function openInstaller(path: string): Promise<OpenInstaller> {
  const access = await openFileAccess(path, 'installer');
  const image = await openIsoImage(access, path);
  try {
    const structure = await readBootStructure(access);
    if (structure === undefined) throw new TypeError('an image that was opened has a volume descriptor');
    const { mode } = await stat(path);
    return { path: await realpath(path), named: path, image, structure, mode };
  } catch (error) {
    await image.close();
    throw error;
  }
}

type WrittenInstaller = Pick<EmbedResult, 'size' | 'sha256' | 'boots'>;

interface Writing {
  readonly before: OpenInstaller;
  readonly supplied: InstallerFiles;
  readonly plan: EmbeddingPlan;
  readonly output: string;
  /** Permissions of the output. */
  readonly mode: number;
}

async function write(
  writing: Writing,
  resources: EmbedResources,
  signal: AbortSignal,
): Promise<WrittenInstaller> {
  const { output, mode } = writing;
  const make = async (places: IsoPlaces): Promise<WrittenInstaller> => {
    const { file } = places;
    await writeBeside(writing, places, { resources, signal });
    const written = await checkWritten(writing, file, { resources, signal });
    await requireFilesUnchanged(writing.supplied, 'the installer');
    return written;
  };
  const written = await writeIsoFile(output, make, { mode });
  try {
    await writeChecksumFile(output, [{ path: basename(output), sha256: written.sha256 }]);
  } catch (error) {
    throw wordDiskError(error, `writing the checksum of the installer to ${checksumFile(output)}`);
  }
  return written;
}

interface Step {
  readonly resources: EmbedResources;
  readonly signal: AbortSignal;
}

async function writeBeside(
  { before, plan }: Writing,
  { file, folder }: IsoPlaces,
  { resources: { xorriso, listener }, signal }: Step,
): Promise<void> {
  const total = before.image.size + sizeOf(plan);
  listener.onStep('writing', total);
  let told = 0;
  await writeInstaller({
    from: before.path,
    to: file,
    folder,
    structure: before.structure,
    files: before.image.files.map(({ path }) => path),
    removed: plan.removed,
    added: plan.added,
    xorriso,
    signal,
    onBytes: (count) => {
      told += count;
      listener.onBytes(count);
    },
  });
  // It was an estimate, and xorriso tells what it has written every second only.
  listener.onBytes(Math.max(0, total - told));
}

function sizeOf({ added }: EmbeddingPlan): number {
  return totalSize(added);
}

async function checkWritten(
  { before, plan }: Writing,
  beside: string,
  { resources: { listener, hasher = hashHere }, signal }: Step,
): Promise<WrittenInstaller> {
  const access = await openFileAccess(beside, 'installer');
  const after = await openIsoImage(access, beside);
  try {
    const structure = await readBootStructure(access);
    if (structure === undefined) throw new TypeError('an image that was opened has a volume descriptor');
    requireBootable(before.structure, structure);
    const { onBytes } = listener;
    listener.onStep('comparing', totalSize(after.files));
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
    const sha256 = await hashAccess(access, { hasher, signal, onBytes });
    return { size: after.size, sha256, boots: bootWays(structure) };
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
