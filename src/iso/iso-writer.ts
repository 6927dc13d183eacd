import type { IsoEntry } from './iso-entry.ts';
import { writtenBytes } from './written-bytes.ts';
import { imageMoment, runXorrisoCommands } from './xorriso.ts';
import type { XorrisoRun } from './xorriso.ts';

/** How an image is written. */
export interface IsoWriterOptions extends Pick<XorrisoRun, 'xorriso' | 'signal'> {
  /** Volume label, not checked here. */
  readonly label: string;
  /** Where the image goes; absolute. Nothing or an empty file is there. */
  readonly path: string;
  /** Takes a file while xorriso runs, when there are too many commands for a command line; undefined when there never are. */
  readonly folder?: string;
  /** Told of bytes as they are written. */
  readonly onBytes?: (count: number) => void;
}

/**
 * Writes an ISO 9660 image (ECMA-119, level 3) with Rock Ridge and Joliet. The same entries give the same bytes: owners, modes
 * and times are fixed, and files lie in the order of the entries.
 *
 * @throws PaletteEdgeError as {@link runXorriso} does; what is at the path then is of no use
 */
export async function writeIso(entries: readonly IsoEntry[], options: IsoWriterOptions): Promise<void> {
  const { xorriso, signal, folder, onBytes } = options;
  await runXorrisoCommands(isoCommands(entries, options), {
    xorriso,
    signal,
    folder,
    onLine: writtenBytes(onBytes),
  });
}

/** Native commands of xorriso(1). */
function isoCommands(
  entries: readonly IsoEntry[],
  { label, path }: Pick<IsoWriterOptions, 'label' | 'path'>,
): string[][] {
  const compliance = 'iso_9660_level=3:joliet_long_names:joliet_long_paths:no_emul_toc';
  return [
    // One session, from the first sector on, as any other tool writes it; the padding is for CD writers of the nineties.
    ['-outdev', `stdio:${path}`, '-padding', '0', '-compliance', compliance],
    ['-file_size_limit', 'off', '--', '-joliet', 'on'],
    // Else it would be the version of xorriso.
    ['-volid', label, '-preparer_id', 'PALETTE-EDGE'],
    ...entries.map(mapping),
    ['-uid', '0', '-gid', '0', '-chmod_r', '0644', '/', '--'],
    ['-find', '/', '-type', 'd', '-exec', 'chmod', '0755', '--'],
    ...entries
      .filter(({ isExecutable }) => isExecutable)
      .map(({ path: file }) => ['-chmod', '0755', `/${file}`, '--']),
    // Without weights files lie in the order of their inode numbers.
    ...entries.map(({ path: file }, index) => [
      '-find',
      `/${file}`,
      '-exec',
      'sort_weight',
      String(-index),
      '--',
    ]),
    ['-volume_date', 'all_file_dates', `=${imageMoment}`],
  ];
}

function mapping({ path, source, start, size }: IsoEntry): string[] {
  if (start === undefined) return ['-map', source, `/${path}`];
  return ['-cut_out', source, String(start), String(size), `/${path}`];
}
