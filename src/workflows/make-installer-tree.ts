import { createReadStream } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { makeFolder } from '../io/make-folder.ts';
import { totalSize } from '../io/total-size.ts';
import { removeMadeFolders } from '../io/with-made-folder.ts';
import { writeAll } from '../io/write-all.ts';
import type { ContentSource } from '../iso/installer-layout.ts';
import type { Warning } from '../warning.ts';
import { checkInstallerBundles } from './check-installer-bundles.ts';
import { outputTarget } from './check-output.ts';
import { readInstallerFiles, requireFilesUnchanged } from './installer-files.ts';
import type { InstallerFiles, InstallerFilesRequest } from './installer-files.ts';
import { requireFreeSpace } from './require-free-space.ts';

/** What is put into which folder. */
export interface TreeInput extends InstallerFilesRequest {
  /** A folder, made when it is not there. */
  readonly output: string;
  /** Whether files that are there give way. */
  readonly replaces: boolean;
}

/** Told of the steps, each with its length in bytes. */
export interface TreeListener {
  readonly onStep: (step: 'verifying' | 'copying', total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** What making the folder uses. */
export interface TreeResources {
  /** Hashes in this thread when undefined. */
  readonly hasher?: Hasher;
  readonly listener: TreeListener;
}

/** The folder for a build of CanvOS. */
export interface TreeResult {
  readonly path: string;
  /** Relative to the folder. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** Arguments that the build needs in its `.arg` file, so that it finds the files. */
  readonly buildArguments: readonly string[];
  readonly warnings: readonly Warning[];
}

interface TreeFile {
  readonly path: string;
  readonly size: number;
  readonly sources: readonly ContentSource[];
}

/**
 * Makes the folder that is laid over a checkout of CanvOS before an installer is built: `content-<id>/` with each bundle as one file, which
 * the build cuts by itself, `user-data`, and the files that `CLUSTERCONFIG` and `EDGE_CUSTOM_CONFIG` name.
 *
 * When it fails, nothing is left of what it has written.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage) for files that are there, `NOT_ENOUGH_SPACE`, `CHECKSUM_MISMATCH`, `BUNDLE_DAMAGED`, `FILE_CHANGED`, and those of the files
 */
export async function makeInstallerTree(
  input: TreeInput,
  { hasher, listener }: TreeResources,
  signal: AbortSignal,
): Promise<TreeResult> {
  const { output, replaces } = input;
  const supplied = await readInstallerFiles(input);
  const files = treeFiles(supplied);
  for (const file of files) await requireFree(file, output, replaces);
  const total = totalSize(files);
  await requireFreeSpace({ path: output, what: 'the folder', bytes: total, flag: '--out' });
  const { onStep, onBytes } = listener;
  const onStart = (size: number): void => onStep('verifying', size);
  await checkInstallerBundles(supplied, { hasher, signal, onStart, onBytes });
  onStep('copying', total);
  await writeTree(files, { supplied, output, onBytes, signal });
  return {
    path: output,
    files: files.map(({ path, size }) => ({ path, size })),
    buildArguments: files.flatMap(({ path }) => argumentFor.get(path) ?? []),
    warnings: [...supplied.warnings, ...(await otherContent(files, output))],
  };
}

const userData = 'user-data';
const clusterDefinition = 'spc.tgz';
const edgeConfig = '.edge-custom-config.yaml';

/** The names are those of CanvOS's own template of `.arg`. */
const argumentFor: ReadonlyMap<string, string> = new Map([
  [clusterDefinition, `CLUSTERCONFIG=${clusterDefinition}`],
  [edgeConfig, `EDGE_CUSTOM_CONFIG=${edgeConfig}`],
]);

function treeFiles(supplied: InstallerFiles): TreeFile[] {
  return [
    ...treeFile(userData, supplied.userData),
    ...treeFile(clusterDefinition, supplied.clusterDefinition),
    ...treeFile(edgeConfig, supplied.edgeConfig),
    ...supplied.content.flatMap(({ id, name, size, sources, signatures }) => [
      { path: `content-${id}/${name}`, size, sources },
      ...treeFile(`content-${id}/${name}.sig`, signatures),
    ]),
  ];
}

function treeFile(path: string, source: ContentSource | undefined): TreeFile[] {
  return source === undefined ? [] : [{ path, size: source.size, sources: [source] }];
}

async function requireFree({ path, sources }: TreeFile, output: string, replaces: boolean): Promise<void> {
  const place = join(output, path);
  let isFile: boolean;
  try {
    isFile = (await lstat(place)).isFile();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw wordDiskError(error, `writing ${place}`);
  }
  const target = await outputTarget(resolve(place));
  const isSource = sources.some((source) => source.path === target);
  if (isFile && replaces && !isSource) return;
  throw new PaletteEdgeError('OUTPUT_TAKEN', `writing ${place} failed: it is there already`, {
    kind: 'usage',
    suggestions: [
      isFile && !isSource
        ? 'Replace it with --replace, or name another folder with --out.'
        : 'Name another folder with --out.',
    ],
  });
}

interface TreeWriting {
  readonly supplied: InstallerFiles;
  readonly output: string;
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

async function writeTree(files: readonly TreeFile[], writing: TreeWriting): Promise<void> {
  const { supplied, output } = writing;
  const written: string[] = [];
  const folders: { readonly folder: string; readonly firstMade: string | undefined }[] = [];
  try {
    for (const file of files) {
      const place = join(output, file.path);
      const folder = join(place, '..');
      folders.push({ folder, firstMade: await makeFolder(folder) });
      const wasThere = await isThere(place);
      await writeFile(file, place, writing);
      if (!wasThere) written.push(place);
    }
    await requireFilesUnchanged(supplied, 'the folder');
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    for (const { folder, firstMade } of folders.toReversed()) await removeMadeFolders(folder, firstMade);
    throw wordDiskError(error, `writing the folder ${output}`);
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

async function writeFile(
  { path, sources, size }: TreeFile,
  place: string,
  writing: TreeWriting,
): Promise<void> {
  const { onBytes, signal } = writing;
  await removeStalePartials(place);
  // Tokens and passwords may be in configuration.
  const mode = [userData, clusterDefinition, edgeConfig].includes(path) ? 0o600 : 0o666;
  const write = async (target: FileHandle): Promise<void> => {
    let copied = 0;
    for (const source of sources) {
      for await (const piece of createReadStream(source.path, { signal, highWaterMark: 1024 * 1024 })) {
        const bytes: Buffer = piece;
        await writeAll(target, bytes);
        copied += bytes.length;
        onBytes(bytes.length);
      }
    }
    if (copied === size) return;
    throw new PaletteEdgeError(
      'FILE_CHANGED',
      `${place}: expected ${size} bytes, received ${copied}: its source changed meanwhile`,
      {
        kind: 'content',
        suggestions: ['Run the same command again.'],
      },
    );
  };
  await writeFileAtomically(place, write, { mode });
}

/** A build takes `content-*` as it finds it: what an earlier run left there goes in, too. */
async function otherContent(files: readonly TreeFile[], output: string): Promise<Warning[]> {
  const names = (await readdir(output)).filter((name) => name.startsWith('content-'));
  const others: string[] = [];
  for (const name of names) {
    const inside = await readdir(join(output, name)).catch(() => []);
    others.push(...inside.filter((each) => each.endsWith('.zst')).map((each) => `${name}/${each}`));
  }
  const own = new Set(files.map(({ path }) => path));
  return others
    .filter((path) => !own.has(path))
    .map((path) => ({
      code: 'OTHER_CONTENT',
      message: `${join(output, path)} is there, too: a build of CanvOS takes it with the rest; remove it if it is an old one`,
    }));
}
