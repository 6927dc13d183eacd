import { open } from 'node:fs/promises';

import type { BootStructure } from './boot-structure.ts';
import type { IsoEntry } from './iso-entry.ts';
import { mbrDiskIdAt, mbrDiskIdSize } from './mbr.ts';
import { writtenBytes } from './written-bytes.ts';
import { imageMoment, runXorrisoCommands } from './xorriso.ts';
import type { XorrisoRun } from './xorriso.ts';

/** How an installer is written anew. */
export interface InstallerChange extends Pick<XorrisoRun, 'xorriso' | 'signal'> {
  /** The image that is read; absolute. */
  readonly from: string;
  /** Where the new one goes; absolute. Nothing or an empty file is there. */
  readonly to: string;
  readonly structure: BootStructure;
  /** Paths of all files that are in the image. */
  readonly files: readonly string[];
  /** Those of them that are not carried over. */
  readonly removed: readonly string[];
  readonly added: readonly IsoEntry[];
  /** Takes a file while xorriso runs, when there are too many commands for a command line; absolute. */
  readonly folder: string;
  /** Told of bytes as they are written. */
  readonly onBytes?: (count: number) => void;
}

/**
 * Writes an image anew, in one session, with its boot structure around the new size: boot images, boot code and partitions as they
 * were. An image that is only added to has partitions that end too early.
 *
 * The same image and files give the same bytes.
 *
 * @throws PaletteEdgeError as {@link runXorrisoCommands} does; what is at the path then is of no use
 */
export async function writeInstaller(change: InstallerChange): Promise<void> {
  const { xorriso, signal, folder, onBytes } = change;
  await runXorrisoCommands(installerCommands(change), {
    xorriso,
    signal,
    folder,
    onLine: writtenBytes(onBytes),
  });
  await keepDiskId(change.to, change.structure);
}

/** With the boot code of ISOLINUX xorriso makes a new number of the disk, and knows no way to say which. No checksum is over it. */
async function keepDiskId(path: string, { mbrDiskId }: BootStructure): Promise<void> {
  if (mbrDiskId === undefined) return;
  await using file = await open(path, 'r+');
  await file.write(Buffer.from(mbrDiskId, 'hex'), 0, mbrDiskIdSize, mbrDiskIdAt);
}

/** Native commands of xorriso(1). */
function installerCommands(change: InstallerChange): string[][] {
  const { from, to, structure, removed, added } = change;
  return [
    // What is in paths are names, not patterns.
    ['-iso_rr_pattern', 'off', '-disk_pattern', 'off', '-abort_on', 'FAILURE'],
    ['-indev', `stdio:${from}`, '-outdev', `stdio:${to}`],
    // One session from the first sector on, and nothing behind the backup GPT.
    ['-compliance', 'no_emul_toc', '-padding', '0'],
    ['-joliet', structure.volume.hasJoliet ? 'on' : 'off'],
    ...bootCommands(structure),
    ...removed.map((path) => ['-rm', `/${path}`, '--']),
    ...added.map(mapping),
    ...added.flatMap(({ path }) => attributes(`/${path}`, '0644')),
    ...folderCommands(change),
    // Behind everything that was there, in this order.
    ...added.map(({ path }, index) => weighted(`/${path}`, -1 - index)),
    ['-commit_eject', 'none'],
    ['-end'],
  ];
}

function bootCommands({ volume, gpt }: BootStructure): string[][] {
  const { created, modified, preparer } = volume;
  return [
    ['-boot_image', 'any', 'replay'],
    // xorriso 1.5 lets partitions overlap when it replays an HFS+ view.
    ['-hfsplus', 'off'],
    // Boot loaders find their image by this date.
    created === undefined ? [] : ['-volume_date', 'c', created],
    modified === undefined ? [] : ['-volume_date', 'm', modified, '-volume_date', 'uuid', modified],
    // Else it would be the version of xorriso.
    ['-preparer_id', preparer],
    // Else it would be a random one.
    gpt === undefined || gpt === 'damaged'
      ? []
      : ['-boot_image', 'any', `gpt_disk_guid=${gpt.primary.diskId}`],
  ];
}

function mapping({ path, source, start, size }: IsoEntry): string[] {
  if (start === undefined) return ['-map', source, `/${path}`];
  return ['-cut_out', source, String(start), String(size), `/${path}`];
}

function attributes(path: string, mode: string): string[][] {
  return [['-chown', '0', path, '--', '-chgrp', '0', path, '--'], ['-chmod', mode, path, '--'], dated(path)];
}

function weighted(path: string, weight: number): string[] {
  return ['-find', path, '-exec', 'sort_weight', String(weight), '--'];
}

function dated(path: string): string[] {
  return ['-alter_date', 'b-c', `=${imageMoment}`, path, '--'];
}

/** Folders that were there keep all but their date: xorriso sets that to now. */
function folderCommands({ files, removed, added }: InstallerChange): string[][] {
  const before = new Set(files.flatMap(foldersOf));
  const touched = new Set([...removed, ...added.map(({ path }) => path)].flatMap(foldersOf));
  return [
    ...[...touched].flatMap((path) =>
      before.has(path) ? [dated(`/${path}`)] : attributes(`/${path}`, '0755'),
    ),
    dated('/'),
  ];
}

function foldersOf(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}
