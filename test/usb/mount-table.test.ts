import { expect, test } from 'vitest';

import { parseMountTable } from '../../src/usb/mount-table.ts';

test('mounts with and without optional fields, with blanks, and of Btrfs', () => {
  const text = String.raw`27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
36 35 8:17 /sub /media/my\040stick\134x rw,noatime shared:1 master:2 - vfat /dev/sdb1 rw,errors=continue
40 27 0:45 /home /home rw - btrfs /dev/sda2 rw,subvol=/home
41 27 0:46 / /proc rw - proc proc rw
`;
  expect(parseMountTable(text)).toEqual([
    { number: '254:0', mountPoint: '/', source: '/dev/vda' },
    { number: '8:17', mountPoint: String.raw`/media/my stick\x`, source: '/dev/sdb1' },
    { number: '0:45', mountPoint: '/home', source: '/dev/sda2' },
    { number: '0:46', mountPoint: '/proc', source: 'proc' },
  ]);
});

test('lines of another shape are left out', () => {
  expect(parseMountTable('\n1 2\nx - y\n')).toEqual([]);
});
