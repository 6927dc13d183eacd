import { PaletteEdgeError } from '../errors.ts';
import { imageProblems, isApart, partitionProblems } from './boot-problems.ts';
import type { BootStructure } from './boot-structure.ts';
import { efiPlatform } from './el-torito.ts';
import { runXorriso } from './xorriso.ts';
import type { XorrisoRun } from './xorriso.ts';

/** An image that is to be written anew. */
export interface InstallerInput {
  /** Absolute. */
  readonly path: string;
  /** As it was named. */
  readonly named: string;
  readonly structure: BootStructure;
}

/** What xorriso makes of an image. */
interface XorrisoView {
  /** How it calls what is in front of the file system; undefined when it knows nothing of it. */
  readonly systemArea: readonly string[] | undefined;
  readonly sessions: number;
  /** Sector of the volume descriptor that it reads. */
  readonly descriptor: number;
}

/** Words for system areas that xorriso writes again as they were. */
const carried = /^(?:MBR|GPT|APM|protective-msdos-label|grub2-mbr|isohybrid|cyl-align-(?:auto|on|off|all))$/;

/**
 * Makes sure that an image has a boot structure that can be written anew without loss, except for what starts Macs from before
 * UEFI: an HFS+ view of the files with an Apple partition map, which is left out.
 *
 * @returns whether that is left out
 * @throws PaletteEdgeError `INSTALLER_UNSUPPORTED` (kind usage) that says what cannot be carried
 */
export async function checkInstallerInput(
  { path, named, structure }: InstallerInput,
  run: Pick<XorrisoRun, 'xorriso' | 'signal'>,
): Promise<boolean> {
  const { stdout } = await runXorriso(
    ['-indev', `stdio:${path}`, '-toc', '-pvd_info', '-report_system_area', 'plain'],
    { ...run, maximumOutput: 1024 * 1024 },
  );
  const view = readView(stdout);
  const reason = structureReason(structure) ?? brokenReason(structure) ?? viewReason(structure, view);
  if (reason !== undefined) {
    throw new PaletteEdgeError(
      'INSTALLER_UNSUPPORTED',
      `${named} cannot be written anew so that it boots: ${reason}`,
      {
        kind: 'usage',
        suggestions: [
          'Build the installer with the content in it: palette-edge installer tree makes the folder for CanvOS.',
        ],
      },
    );
  }
  return structure.hasApplePartitions;
}

function readView(output: string): XorrisoView {
  return {
    systemArea: /^System area summary: (.*)$/m.exec(output)?.[1]?.trim().split(/\s+/),
    sessions: Number(/^Media summary: (\d+) session/m.exec(output)?.[1] ?? 0),
    descriptor: Number(/^PVD address\s*: (\d+)s/m.exec(output)?.[1] ?? 0),
  };
}

function structureReason(structure: BootStructure): string | undefined {
  const { volume, images, gpt } = structure;
  if (!volume.hasRockRidge) return 'it has no Rock Ridge names, which the installer needs';
  if (images === undefined) return 'it has no El Torito boot catalogue: it is no bootable image';
  if (images === 'damaged') return 'its El Torito boot catalogue is damaged';
  if (images === 'too many') return 'its El Torito boot catalogue has more than 8 boot images';
  if (gpt === 'damaged') return 'its GPT is damaged';
  const odd = images.find(({ platform }) => platform !== 0 && platform !== efiPlatform);
  if (odd !== undefined)
    return `it has a boot image for the platform ${odd.platform}, expected 0 (BIOS) or 239 (UEFI)`;
  if (images.some(({ emulation }) => emulation !== 0))
    return 'one of its boot images emulates a floppy or a hard disk';
  if (!images.some(({ isBootable }) => isBootable)) return 'none of its boot images is bootable';
  return images.some((image) => image.platform === efiPlatform && isApart(image, structure))
    ? 'its boot image for UEFI is another one than its EFI system partition, and no copy of it'
    : undefined;
}

/** A GPT that says too little of the end of its image is written anew; what does not start now, will not start then. */
function brokenReason(structure: BootStructure): string | undefined {
  const [problem] = [...imageProblems(structure), ...partitionProblems(structure)];
  return problem === undefined ? undefined : `it is damaged already: ${problem}`;
}

function viewReason(structure: BootStructure, view: XorrisoView): string | undefined {
  const { systemArea, sessions, descriptor } = view;
  if (sessions !== 1 || descriptor !== 16) {
    return `it has ${sessions} sessions and the newest descriptor at sector ${descriptor}, expected 1 session and sector 16`;
  }
  if (systemArea === undefined || systemArea.includes('not-recognized')) {
    return structure.hasSystemArea ? 'what is in front of its file system is of no known kind' : undefined;
  }
  const unknown = systemArea.find((word) => !carried.test(word));
  if (unknown !== undefined) return `what is in front of its file system is of the kind ${unknown}`;
  return structure.hasApplePartitions && systemArea.includes('isohybrid')
    ? 'it has an Apple partition map together with isohybrid'
    : undefined;
}
