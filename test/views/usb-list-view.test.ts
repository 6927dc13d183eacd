import { expect, test } from 'vitest';

import { modelText, usbListView } from '../../src/views/usb-list-view.ts';
import type { UsbDrive } from '../../src/workflows/list-usb-drives.ts';

const stick: UsbDrive = {
  path: '/dev/sdb',
  number: '8:16',
  type: 'disk',
  vendor: 'SanDisk',
  model: 'Ultra',
  serial: '4C53',
  transport: 'usb',
  size: 62_000_000_000,
  sectorSize: 512,
  isReadOnly: false,
  isRemovable: true,
  sequence: '9',
  contents: [],
  uses: [],
  refusals: [],
};

test('drives with what identifies them and what speaks against them', () => {
  const empty = {
    ...stick,
    path: '/dev/mmcblk0',
    vendor: undefined,
    model: undefined,
    serial: undefined,
    transport: undefined,
    size: 0,
    refusals: [
      { code: 'DRIVE_EMPTY', reason: 'no medium is in it', advice: undefined },
      { code: 'DRIVE_READ_ONLY', reason: 'it is read-only', advice: undefined },
    ],
  } as const;
  expect(usbListView({ drives: [stick, empty], others: 1 })).toBe(
    `DEVICE        SIZE     BUS  MODEL          SERIAL  STATE
/dev/sdb      62.0 GB  usb  SanDisk Ultra  4C53    can be written
/dev/mmcblk0  -        -    -              -       no medium is in it; it is read-only
1 other drive, not removable: see --all`,
  );
});

test('no drives', () => {
  expect(usbListView({ drives: [], others: 2 })).toBe(
    `No removable drive is there. Plug one in, wait some seconds, and run the same command again.
2 other drives, not removable: see --all`,
  );
});

test.each([
  ['SanDisk', 'Ultra', 'SanDisk Ultra'],
  ['Kingston', 'KINGSTON DT', 'KINGSTON DT'],
  ['0x1af4', 'Disk', 'Disk'],
  ['0x1af4', undefined, '-'],
  ['SanDisk', undefined, 'SanDisk'],
  [undefined, undefined, '-'],
])('vendor %s and model %s are %s', (vendor, model, text) => {
  expect(modelText({ vendor, model })).toBe(text);
});
