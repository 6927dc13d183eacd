import { PaletteEdgeError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';

/** A block device as lsblk lists it. */
export interface BlockDevice {
  /** Name in /dev, such as `/dev/sdb`. Those of device mapper have a nicer one besides, which is not taken. */
  readonly path: string;
  /** `8:16`, major and minor number: what it is, whatever it is called. */
  readonly number: string;
  /** `disk`, `part`, `loop`, `rom`, `crypt`, `lvm`, `raid1`, … */
  readonly type: string;
  /** Its medium can be taken out. */
  readonly hasRemovableMedium: boolean;
  /** It stands on a bus that things are plugged into: USB, but also that of a soldered eMMC. */
  readonly isHotplug: boolean;
  readonly isReadOnly: boolean;
  /** `usb`, `sata`, `nvme`, `mmc`, … */
  readonly transport: string | undefined;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly serial: string | undefined;
  /** Bytes; 0 when no medium is in it. */
  readonly size: number;
  /** Bytes of a logical sector. */
  readonly sectorSize: number;
  /** What is on it: `iso9660`, `vfat`, `LVM2_member`, … */
  readonly content: string | undefined;
  readonly label: string | undefined;
  /** `[SWAP]` for swap space. */
  readonly mountPoint: string | undefined;
  /** Partitions, and whatever else is made of it: volumes, arrays, decrypted devices. */
  readonly children: readonly BlockDevice[];
}

/** Columns that lsblk has had since util-linux 2.32, which is in RHEL 8. */
export const lsblkArguments: readonly string[] = [
  '--json',
  '--bytes',
  '--paths',
  '--output',
  'NAME,KNAME,MAJ:MIN,TYPE,RM,HOTPLUG,RO,TRAN,VENDOR,MODEL,SERIAL,SIZE,LOG-SEC,FSTYPE,LABEL,PARTLABEL,MOUNTPOINT',
];

/** Texts come from the drive itself: whoever made it chose them. */
const longestText = 128;
/** Partition, array, volume group, encryption: four are usual. */
const deepestTree = 16;

/**
 * What `lsblk` printed with {@link lsblkArguments}: whole drives, with what is on and made of each below it.
 *
 * @throws PaletteEdgeError `USB_TOOL_FAILED` (kind failure) when it is something else
 */
export function parseLsblk(text: string): BlockDevice[] {
  const document = parsed(text);
  const devices = isRecord(document) ? document['blockdevices'] : undefined;
  if (!Array.isArray(devices)) throw unreadable('it lists no block devices');
  return devices.map((device) => blockDevice(device, 0));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable('it is no JSON', error);
  }
}

function blockDevice(value: unknown, depth: number): BlockDevice {
  if (!isRecord(value) || depth > deepestTree) throw unreadable('a device is not as expected');
  const children = Array.isArray(value['children']) ? value['children'] : [];
  return {
    ...nameOf(value),
    ...sizesOf(value),
    hasRemovableMedium: isSet(value['rm']),
    isHotplug: isSet(value['hotplug']),
    isReadOnly: isSet(value['ro']),
    transport: textOf(value['tran']),
    vendor: textOf(value['vendor']),
    model: textOf(value['model']),
    serial: textOf(value['serial']),
    content: textOf(value['fstype']),
    label: textOf(value['label']) ?? textOf(value['partlabel']),
    mountPoint: typeof value['mountpoint'] === 'string' ? value['mountpoint'] : undefined,
    children: children.map((child) => blockDevice(child, depth + 1)),
  };
}

function nameOf(value: Record<string, unknown>): Pick<BlockDevice, 'path' | 'number' | 'type'> {
  const path = textOf(value['kname']);
  const number = textOf(value['maj:min']);
  if (path?.startsWith('/dev/') !== true || number === undefined || !/^\d+:\d+$/.test(number)) {
    throw unreadable('a device has no name or number');
  }
  return { path, number, type: textOf(value['type']) ?? 'unknown' };
}

function sizesOf(value: Record<string, unknown>): Pick<BlockDevice, 'size' | 'sectorSize'> {
  return { size: countOf(value['size']) ?? 0, sectorSize: countOf(value['log-sec']) ?? 512 };
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = printable(value, longestText);
  return text === '' ? undefined : text;
}

/** Before util-linux 2.33 it printed `"1"`. */
function isSet(value: unknown): boolean {
  return value === true || value === '1';
}

/** As above: `"512"`. */
function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

function unreadable(reason: string, cause?: unknown): PaletteEdgeError {
  return new PaletteEdgeError('USB_TOOL_FAILED', `what lsblk printed cannot be read: ${reason}`, {
    kind: 'failure',
    cause,
    suggestions: [`Compare: lsblk ${lsblkArguments.join(' ')}`],
  });
}
