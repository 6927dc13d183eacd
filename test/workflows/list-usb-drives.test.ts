import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { wireDriveSystem } from '../../src/cli/wire-usb.ts';
import UsbList from '../../src/commands/usb/list.ts';
import { listUsbDrives } from '../../src/workflows/list-usb-drives.ts';
import { runCommand } from '../cli/run-command.ts';
import { loopDevice } from '../support/loop-device.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const mebibyte = 1024 * 1024;
const { signal } = new AbortController();

test('loop devices are listed with all others only, by the file behind them', async () => {
  const { path, file } = await loopDevice({ size: 2 * mebibyte });
  const image = join(await temporaryFolder(), 'image.iso');
  await writeFile(image, Buffer.alloc(2 * mebibyte + 1));
  const system = wireDriveSystem();
  const all = await listUsbDrives({ isAll: true, image }, system, signal);
  expect(all.drives.find((drive) => drive.path === path)).toMatchObject({
    type: 'loop',
    serial: file,
    size: 2 * mebibyte,
    isRemovable: false,
    refusals: [{ code: 'DRIVE_NOT_REMOVABLE' }, { code: 'DRIVE_TOO_SMALL' }],
  });
  expect(all.others).toBe(0);
  const removable = await listUsbDrives({ isAll: false }, system, signal);
  expect(removable.drives.map((drive) => drive.path)).not.toContain(path);
  expect(removable.others).toBeGreaterThan(0);
});

test('the command shows them, and says how many it leaves out', async () => {
  const { path, file } = await loopDevice({ size: 2 * mebibyte });
  const { stdout, exitCode } = await runCommand(UsbList, ['--all']);
  expect(exitCode).toBe(0);
  const line = stdout.split('\n').find((each) => each.startsWith(`${path} `));
  expect(line).toMatch(new RegExp(`2\\.10 MB +- +- +${file} +it is a loop device, no drive$`));
  expect((await runCommand(UsbList, [])).stdout).toMatch(/\d+ other drives?, not removable: see --all\n$/);
});

test('the drive that this system runs from is refused', async () => {
  const { drives } = await listUsbDrives({ isAll: true }, wireDriveSystem(), signal);
  const system = drives.filter(({ refusals }) => refusals.some(({ code }) => code === 'DRIVE_HOLDS_SYSTEM'));
  const mounted = drives.filter(({ uses }) => uses.some(({ place }) => place === '/'));
  expect(system).toEqual(expect.arrayContaining(mounted));
});

test('an image that is missing, and a system that is not Linux', async () => {
  const system = wireDriveSystem();
  const list = async (image: string | undefined, platform: string) =>
    await rejection(listUsbDrives({ isAll: false, image }, { ...system, platform }, signal));
  expect(await list('/nowhere.iso', 'linux')).toMatchObject({ code: 'FILE_NOT_FOUND', kind: 'notFound' });
  expect(await list(undefined, 'darwin')).toMatchObject({ code: 'USB_UNSUPPORTED', kind: 'usage' });
});
