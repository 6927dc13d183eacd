import { formatByteSize } from '../io/byte-size.ts';
import type { DeviceUse } from './device-uses.ts';
import type { Drive } from './drive.ts';

/** A reason not to write to a drive. */
export interface DriveRefusal {
  readonly code:
    | 'DRIVE_HOLDS_SYSTEM'
    | 'DRIVE_IN_USE'
    | 'DRIVE_NOT_A_DISK'
    | 'DRIVE_EMPTY'
    | 'DRIVE_READ_ONLY'
    | 'DRIVE_NOT_REMOVABLE'
    | 'DRIVE_TOO_SMALL';
  /** Goes on after the name of the drive: `it is not removable`. */
  readonly reason: string;
  /** What to do about it, where something can be done. */
  readonly advice: string | undefined;
}

/** What an image and its owner ask of a drive. */
export interface DriveNeeds {
  /** Bytes; undefined when there is no image yet. */
  readonly imageSize?: number | undefined;
  /** Disks that are not removable, and loop devices, will do. */
  readonly allowsFixed?: boolean | undefined;
}

/** Where a running system has what it runs on. */
const systemPlaces: ReadonlySet<string> = new Set(
  '/ /boot /efi /usr /var /etc /opt /home /root /srv /nix /gnu /sysroot /ostree /oem /system /cdrom'.split(
    ' ',
  ),
);
const systemFolders = ['/boot/', '/usr/', '/var/lib/', '/run/initramfs/', '/run/live/'];

/** A running system has hundreds of mounts of one disk. */
const mostUsesTold = 3;

/**
 * Why a drive is not written to; empty when it can be. What holds the system or is in use is refused whatever is needed: no
 * flag lifts that.
 */
export function driveRefusals(drive: Drive, needs: DriveNeeds): DriveRefusal[] {
  return [
    inUse(drive),
    isWhole(drive)
      ? undefined
      : refusal('DRIVE_NOT_A_DISK', `it is a device of type ${drive.type}, not a disk`),
    drive.size > 0 ? undefined : refusal('DRIVE_EMPTY', 'no medium is in it', 'Insert one.'),
    drive.isReadOnly
      ? refusal('DRIVE_READ_ONLY', 'it is read-only', 'Look for a switch that protects it from writing.')
      : undefined,
    drive.isRemovable || needs.allowsFixed === true ? undefined : notRemovable(drive),
    tooSmall(drive, needs),
  ].filter((found) => found !== undefined);
}

function isWhole({ type }: Drive): boolean {
  return type === 'disk' || type === 'loop';
}

function inUse({ uses }: Drive): DriveRefusal | undefined {
  const system = uses.filter(({ kind, place }) => kind === 'mounted' && isOfSystem(place));
  if (system.length > 0) {
    return refusal('DRIVE_HOLDS_SYSTEM', `it holds the running system: ${usesText(system)}`);
  }
  if (uses.length === 0) return undefined;
  return refusal('DRIVE_IN_USE', `it is in use: ${usesText(uses)}`, howToEnd(uses));
}

function isOfSystem(place: string): boolean {
  return systemPlaces.has(place) || systemFolders.some((folder) => place.startsWith(folder));
}

function usesText(uses: readonly DeviceUse[]): string {
  const told = uses.slice(0, mostUsesTold).map(useText);
  const more = uses.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

const useWords: Readonly<Record<DeviceUse['kind'], string>> = {
  mounted: 'is mounted at',
  swap: 'is swap space',
  'part of': 'is part of',
  'attached to': 'is attached to',
};

function useText({ path, kind, place, byProcess }: DeviceUse): string {
  const words = [path, useWords[kind], ...(kind === 'swap' ? [] : [place])];
  return [...words, ...(byProcess === undefined ? [] : [`for process ${byProcess}`])].join(' ');
}

/** One line, so each thing once: unmounting has to come before what it was mounted from is taken apart. */
function howToEnd(uses: readonly DeviceUse[]): string {
  const mounted = uses.filter(({ kind }) => kind === 'mounted').map(({ place }) => `umount ${place}`);
  const swap = uses.filter(({ kind }) => kind === 'swap').map(({ path }) => `swapoff ${path}`);
  const loops = uses.filter(({ kind }) => kind === 'attached to').map(({ place }) => `losetup -d ${place}`);
  const parts = uses.some(({ kind }) => kind === 'part of')
    ? ['close the volumes, arrays or encrypted devices on it']
    : [];
  const steps = [...mounted, ...swap, ...loops, ...parts];
  return `If it is the right drive, end that first: ${[...new Set(steps)].slice(0, mostUsesTold).join('; ')}`;
}

function notRemovable({ type, transport }: Drive): DriveRefusal {
  const bus = transport === undefined ? '' : ` (${transport})`;
  const reason = type === 'loop' ? 'it is a loop device, no drive' : `it is not removable${bus}`;
  return refusal(
    'DRIVE_NOT_REMOVABLE',
    reason,
    'If it has to be this one: --not-removable --serial SERIAL, as usb list --all shows it.',
  );
}

function tooSmall({ size }: Drive, { imageSize }: DriveNeeds): DriveRefusal | undefined {
  if (imageSize === undefined || size === 0 || imageSize <= size) return undefined;
  return refusal(
    'DRIVE_TOO_SMALL',
    `it is smaller than the image: ${sizeText(size)} against ${sizeText(imageSize)}`,
    'Use a larger one.',
  );
}

function sizeText(bytes: number): string {
  return `${formatByteSize(bytes)} (${bytes} bytes)`;
}

function refusal(code: DriveRefusal['code'], reason: string, advice?: string): DriveRefusal {
  return { code, reason, advice };
}
