import type { DeviceUse, DeviceUses } from './device-uses.ts';
import type { BlockDevice } from './parse-lsblk.ts';

/** A whole drive, as far as it matters for writing an image to it. */
export interface Drive {
  /** `/dev/sdb` */
  readonly path: string;
  /** `8:16` */
  readonly number: string;
  /** `disk`, or what else it is: `loop`, `rom`. */
  readonly type: string;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  /** The file behind it, for a loop device. */
  readonly serial: string | undefined;
  readonly transport: string | undefined;
  /** Bytes; 0 when no medium is in it. */
  readonly size: number;
  /** Bytes of a logical sector. */
  readonly sectorSize: number;
  readonly isReadOnly: boolean;
  /** Meant to be plugged in and out: on USB, a card in a reader, a removable medium. */
  readonly isRemovable: boolean;
  /** Another one each time that a drive or a medium comes; undefined before Linux 5.15. */
  readonly sequence: string | undefined;
  /** What is on it now: the drive itself and its partitions, as far as anything is known of them. */
  readonly contents: readonly DriveContent[];
  /** What it, or anything on it, is in use for. */
  readonly uses: readonly DeviceUse[];
}

/** What a drive or a partition holds. */
export interface DriveContent {
  readonly path: string;
  readonly size: number;
  /** `iso9660`, `vfat`, … */
  readonly content: string | undefined;
  readonly label: string | undefined;
}

/** What sysfs says of a drive. */
export interface DriveFacts {
  /** `diskseq` */
  readonly sequence: string | undefined;
  /** `device/type` of what stands on a bus for cards: `SD` for a card, `MMC` for a chip that is soldered in. */
  readonly cardType: string | undefined;
  /** The file behind a loop device. */
  readonly backing: string | undefined;
}

/** Puts together what was found out about a drive. */
export function driveOf(device: BlockDevice, uses: DeviceUses, facts: DriveFacts): Drive {
  const { path, number, type, vendor, model, transport, size, sectorSize, isReadOnly } = device;
  const { sequence, backing } = facts;
  const isLoop = type === 'loop';
  return {
    path,
    number,
    type,
    vendor,
    model,
    transport,
    size,
    sectorSize,
    isReadOnly,
    sequence,
    serial: isLoop ? backing : device.serial,
    isRemovable: !isLoop && isMeantToBeUnplugged(device, facts),
    contents: withPartitions(device).filter(
      ({ path: each, content, label }) => each !== path || content !== undefined || label !== undefined,
    ),
    uses: usesBelow(device, uses),
  };
}

/**
 * Boxes for USB say of the disk in them that its medium cannot be removed, so the bus counts, too. That of cards is also that
 * of soldered chips.
 */
function isMeantToBeUnplugged(device: BlockDevice, { cardType }: DriveFacts): boolean {
  const { hasRemovableMedium, transport, isHotplug, path } = device;
  if (hasRemovableMedium || transport === 'usb') return true;
  if (transport === 'mmc' || path.startsWith('/dev/mmcblk')) return cardType === 'SD';
  return isHotplug;
}

function withPartitions(device: BlockDevice): DriveContent[] {
  const partitions = device.children.filter(({ type }) => type === 'part');
  return [device, ...partitions].map(({ path, size, content, label }) => ({ path, size, content, label }));
}

/** Of all that is on a device, and of all that is made of that. */
function usesBelow(device: BlockDevice, uses: DeviceUses): DeviceUse[] {
  const { path, mountPoint } = device;
  const own: DeviceUse[] = (uses.get(device.number) ?? []).map((use) => ({ path, ...use }));
  if (mountPoint !== undefined && !own.some(({ place }) => place === mountPoint)) {
    const kind = mountPoint === '[SWAP]' ? 'swap' : 'mounted';
    own.push({ path, kind, place: mountPoint, byProcess: undefined });
  }
  const further = device.children.flatMap((child): DeviceUse[] => {
    const made: DeviceUse = {
      path,
      kind: 'part of',
      place: `${child.path} (${child.type})`,
      byProcess: undefined,
    };
    return [...(child.type === 'part' ? [] : [made]), ...usesBelow(child, uses)];
  });
  return [...own, ...further];
}
