import { formatByteSize } from '../io/byte-size.ts';
import type { UsbDrive, UsbListResult } from '../workflows/list-usb-drives.ts';
import { countOf } from './count-of.ts';
import { textTable } from './text-table.ts';

/** Drives, and whether they can be written to. */
export function usbListView({ drives, others }: UsbListResult): string {
  if (drives.length === 0) return [noDrives, ...othersLine(others)].join('\n');
  const rows = drives.map((drive) => [
    drive.path,
    drive.size > 0 ? formatByteSize(drive.size) : '-',
    drive.transport ?? '-',
    modelText(drive),
    drive.serial ?? '-',
    drive.refusals.length === 0 ? 'can be written' : drive.refusals.map(({ reason }) => reason).join('; '),
  ]);
  const table = textTable(['DEVICE', 'SIZE', 'BUS', 'MODEL', 'SERIAL', 'STATE'], rows);
  return [table, ...othersLine(others)].join('\n');
}

/** Vendor and model as one name. Many a model begins with its vendor; that of others is the number of a chip. */
export function modelText({ vendor, model }: Pick<UsbDrive, 'vendor' | 'model'>): string {
  const isNumber = vendor === undefined || /^0x[0-9a-f]+$/i.test(vendor);
  if (isNumber || model?.toLowerCase().startsWith(vendor.toLowerCase()) === true) return model ?? '-';
  return model === undefined ? vendor : `${vendor} ${model}`;
}

const noDrives =
  'No removable drive is there. Plug one in, wait some seconds, and run the same command again.';

function othersLine(others: number): string[] {
  return others === 0 ? [] : [`${countOf(others, 'other drive')}, not removable: see --all`];
}
