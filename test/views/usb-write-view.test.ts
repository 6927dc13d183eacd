import { expect, test } from 'vitest';

import { usbQuestionView, usbWriteView } from '../../src/views/usb-write-view.ts';
import type { UsbWriteQuestion } from '../../src/workflows/write-usb-drive.ts';

const content = (number: number, what: string | undefined, label?: string) => ({
  path: `/dev/sdb${number}`,
  size: number * 1000,
  content: what,
  label,
});

const question: UsbWriteQuestion = {
  image: { path: 'content.iso', size: 5_000_000_000, label: 'COS_CONTENT' },
  device: '/dev/disk/by-id/usb-SanDisk_Ultra_4C53-0:0',
  isFixed: false,
  drive: {
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
    contents: [content(1, 'vfat', 'HOLIDAY PHOTOS'), content(2, undefined)],
    uses: [],
  },
};

test('the question says what is lost, and under which names', () => {
  expect(usbQuestionView(question)).toBe(`Everything on /dev/sdb will be lost.
  drive      /dev/sdb, named as /dev/disk/by-id/usb-SanDisk_Ultra_4C53-0:0
  model      SanDisk Ultra
  serial     4C53
  size       62.0 GB, usb
  on it now  /dev/sdb1, 1.00 kB: vfat "HOLIDAY PHOTOS"
             /dev/sdb2, 2.00 kB: unknown content
  image      content.iso, 5.00 GB, label "COS_CONTENT"`);
});

test('a drive of which nothing is known, and one with more than anybody reads', () => {
  const { drive, image } = question;
  const bare = { ...drive, contents: [], serial: undefined, transport: undefined };
  const shown = usbQuestionView({
    ...question,
    device: '/dev/sdb',
    drive: bare,
    image: { ...image, label: undefined },
  });
  expect(shown).toMatch(/^ {2}drive {6}\/dev\/sdb$/m);
  expect(shown).toMatch(/^ {2}serial {5}-$/m);
  expect(shown).toMatch(/^ {2}size {7}62\.0 GB$/m);
  expect(shown).toMatch(/^ {2}on it now {2}nothing that is known$/m);
  expect(shown).toMatch(/^ {2}image {6}content\.iso, 5\.00 GB$/m);
  const many = Array.from({ length: 10 }, (_, index) => content(index + 1, 'ext4'));
  const text = usbQuestionView({ ...question, drive: { ...drive, contents: many } });
  expect(text).toContain('/dev/sdb8, 8.00 kB: ext4\n             2 more\n');
});

test('the result says that every byte was read back', () => {
  const result = {
    image: 'content.iso',
    label: 'COS_CONTENT',
    device: '/dev/sdb',
    model: 'Ultra',
    serial: undefined,
    bytes: 1_234_567,
    sha256: 'ab'.repeat(32),
    checksumFile: undefined,
    seconds: 61.4,
    verified: true,
  } as const;
  expect(usbWriteView(result)).toBe(`Wrote content.iso to /dev/sdb, and read back the same
  label     COS_CONTENT
  drive     Ultra
  serial    -
  size      1.23 MB (1234567 bytes)
  sha256    ${'ab'.repeat(32)}
  verified  yes, every byte
  time      1 min 1 s
The drive can be pulled out.`);
});
