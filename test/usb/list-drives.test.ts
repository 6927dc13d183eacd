import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import type { DriveSystem } from '../../src/usb/drive-system.ts';
import { driveRefusals } from '../../src/usb/drive-refusals.ts';
import type { DriveNeeds } from '../../src/usb/drive-refusals.ts';
import { listDrives } from '../../src/usb/list-drives.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * What lsblk of Debian 12 (util-linux 2.38, Linux 6.1) says in a virtual machine: a stick, a box for an NVMe on USB, a reader
 * without a card, two SATA disks, a DVD drive, an SD card and an NVMe. First nothing is in use; then the NVMe has partitions, a
 * decrypted device and a logical volume, the SATA disks are a mirror, and the stick is mounted.
 */
async function captured(name: 'unused' | 'in-use'): Promise<string> {
  const path = fileURLToPath(new URL(`captured/lsblk-${name}.json`, import.meta.url));
  return await readFile(path, 'utf8');
}

/** A system that knows no more than this. */
async function systemWith(lsblk: string, files: Readonly<Record<string, string>> = {}): Promise<DriveSystem> {
  const root = await temporaryFolder();
  const given = { 'sys/block/mmcblk0/device/type': 'SD\n', ...files };
  for (const [name, text] of Object.entries(given)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    if (name.endsWith('/ns/mnt')) await symlink(text, join(root, name));
    else await writeFile(join(root, name), text);
  }
  return {
    platform: 'linux',
    proc: join(root, 'proc'),
    sys: join(root, 'sys'),
    runTool: async () => await Promise.resolve(lsblk),
  };
}

async function refusalsOf(system: DriveSystem, needs: DriveNeeds = {}) {
  const drives = await listDrives(system, new AbortController().signal);
  return Object.fromEntries(
    drives.map(({ drive }) => [
      drive.path.replace('/dev/', ''),
      driveRefusals(drive, needs).map(({ code, reason }) => `${code}: ${reason}`),
    ]),
  );
}

/** A device of the captured ones, changed. */
async function changed(path: string, fields: Readonly<Record<string, unknown>>): Promise<string> {
  const document: { blockdevices: Record<string, unknown>[] } = JSON.parse(await captured('unused'));
  const devices = document.blockdevices.map((device) =>
    device['kname'] === path ? { ...device, ...fields } : device,
  );
  return JSON.stringify({ blockdevices: devices });
}

describe('drives that nothing speaks against', () => {
  test('are a stick, a disk in a box on USB, and an SD card', async () => {
    expect(await refusalsOf(await systemWith(await captured('unused')))).toEqual({
      sda: [],
      sdb: [],
      mmcblk0: [],
      sdc: ['DRIVE_EMPTY: no medium is in it'],
      sdd: ['DRIVE_NOT_REMOVABLE: it is not removable (sata)'],
      sde: ['DRIVE_NOT_REMOVABLE: it is not removable (sata)'],
      nvme0n1: ['DRIVE_NOT_REMOVABLE: it is not removable (nvme)'],
      sr0: ['DRIVE_NOT_A_DISK: it is a device of type rom, not a disk', 'DRIVE_READ_ONLY: it is read-only'],
    });
  });

  test('are told with everything that identifies them', async () => {
    const system = await systemWith(await captured('in-use'), { 'sys/block/sdb/diskseq': '10\n' });
    const drives = await listDrives(system, new AbortController().signal);
    expect(drives.find(({ drive }) => drive.path === '/dev/sdb')?.drive).toEqual({
      path: '/dev/sdb',
      number: '8:16',
      type: 'disk',
      vendor: 'QEMU',
      model: 'QEMU HARDDISK',
      serial: '4C530001230516114225',
      transport: 'usb',
      size: 67_108_864,
      sectorSize: 512,
      isReadOnly: false,
      isRemovable: true,
      sequence: '10',
      contents: [{ path: '/dev/sdb', size: 67_108_864, content: 'vfat', label: 'KINGSTON' }],
      uses: [{ path: '/dev/sdb', kind: 'mounted', place: '/run/stick', byProcess: undefined }],
    });
  });

  test('are no eMMC, which is soldered in', async () => {
    const system = await systemWith(await captured('unused'), { 'sys/block/mmcblk0/device/type': 'MMC\n' });
    expect(await refusalsOf(system)).toMatchObject({
      mmcblk0: ['DRIVE_NOT_REMOVABLE: it is not removable'],
    });
  });

  test('may be disks of this machine where that was asked for', async () => {
    const found = await refusalsOf(await systemWith(await captured('unused')), { allowsFixed: true });
    expect(found).toMatchObject({ sdd: [], sde: [], nvme0n1: [], sdc: [expect.any(String)] });
  });

  test.each([
    [67_108_864, []],
    [67_108_865, ['DRIVE_TOO_SMALL']],
  ])('have room for an image of %i bytes', async (imageSize, codes) => {
    const found = await refusalsOf(await systemWith(await captured('unused')), { imageSize });
    expect(found['sdb']?.map((text) => text.split(':', 1)[0])).toEqual(codes);
  });

  test('are not protected from writing', async () => {
    const system = await systemWith(await changed('/dev/sdb', { ro: true }));
    expect(await refusalsOf(system)).toMatchObject({ sdb: ['DRIVE_READ_ONLY: it is read-only'] });
  });
});

describe('drives in use', () => {
  const everything = { allowsFixed: true };

  test('are refused for whatever is made of them, also for disks in an array', async () => {
    expect(await refusalsOf(await systemWith(await captured('in-use')), everything)).toMatchObject({
      sda: [],
      sdb: ['DRIVE_IN_USE: it is in use: /dev/sdb is mounted at /run/stick'],
      sdd: [
        'DRIVE_IN_USE: it is in use: /dev/sdd1 is part of /dev/md0 (raid1), /dev/md0 is mounted at /run/srv',
      ],
      sde: [
        'DRIVE_IN_USE: it is in use: /dev/sde1 is part of /dev/md0 (raid1), /dev/md0 is mounted at /run/srv',
      ],
      nvme0n1: [
        'DRIVE_IN_USE: it is in use: /dev/nvme0n1p1 is mounted at /run/sysroot/boot/efi, /dev/nvme0n1p2 is mounted at /run/sysroot/boot, /dev/nvme0n1p3 is part of /dev/dm-0 (crypt), 2 more',
      ],
    });
  });

  test('are refused for an array that nothing is mounted from', async () => {
    const lsblk = (await captured('in-use')).replaceAll('"/run/srv"', 'null');
    expect(await refusalsOf(await systemWith(lsblk), everything)).toMatchObject({
      sdd: ['DRIVE_IN_USE: it is in use: /dev/sdd1 is part of /dev/md0 (raid1)'],
    });
  });

  test.each([
    ['on a logical volume of a decrypted partition', '252:1', '/', 'nvme0n1', '/dev/dm-1 is mounted at /'],
    ['in an array', '9:0', '/var/lib/kubelet', 'sdd', '/dev/md0 is mounted at /var/lib/kubelet'],
    ['booted from', '259:1', '/boot/efi', 'nvme0n1', '/dev/nvme0n1p1 is mounted at /boot/efi'],
    ['from a stick', '8:16', '/run/live/medium', 'sdb', '/dev/sdb is mounted at /run/live/medium'],
  ])('hold the system %s', async (...[, number, place, name, text]) => {
    const mountinfo = `22 1 ${number} / ${place} rw,relatime - ext4 /dev/root rw\n`;
    const files = { 'proc/self/ns/mnt': 'mnt:[1]', 'proc/self/mountinfo': mountinfo };
    const found = await refusalsOf(await systemWith(await captured('in-use'), files), everything);
    expect(found[name]).toEqual([`DRIVE_HOLDS_SYSTEM: it holds the running system: ${text}`]);
  });

  test('are in use by processes in other mount namespaces, each told once', async () => {
    const line = (place: string) => `22 1 8:16 / ${place} rw - vfat /dev/sdb rw\n`;
    const system = await systemWith(await captured('unused'), {
      'proc/self/ns/mnt': 'mnt:[1]',
      'proc/self/mountinfo': line('/here'),
      'proc/100/ns/mnt': 'mnt:[1]',
      'proc/100/mountinfo': line('/never-read'),
      'proc/200/ns/mnt': 'mnt:[2]',
      'proc/200/mountinfo': line('/here') + line('/there'),
      'proc/200/comm': 'containerd\n',
      'proc/300/ns/mnt': 'mnt:[2]',
      'proc/300/mountinfo': line('/never-read'),
    });
    expect(await refusalsOf(system)).toMatchObject({
      sdb: [
        'DRIVE_IN_USE: it is in use: /dev/sdb is mounted at /here, /dev/sdb is mounted at /there for process 200 (containerd)',
      ],
    });
  });

  test('as swap space, as lsblk says it', async () => {
    const system = await systemWith(await changed('/dev/sdb', { mountpoint: '[SWAP]' }));
    expect(await refusalsOf(system)).toMatchObject({
      sdb: ['DRIVE_IN_USE: it is in use: /dev/sdb is swap space'],
    });
  });
});

test('a machine without any drives', async () => {
  expect(await refusalsOf(await systemWith('{"blockdevices": []}'))).toEqual({});
});
